namespace Speech.Lab.Chaos;

/// <summary>What can go wrong, and goes wrong on purpose here.</summary>
internal enum FaultKind
{
    /// <summary>kill -9: a part is gone without a word, and started again.</summary>
    Kill,

    /// <summary>SIGTERM: a part ends what it has begun, and is started again.</summary>
    Stop,

    /// <summary>SIGSTOP, and SIGCONT later: a part keeps its connections and says nothing.</summary>
    Freeze,

    /// <summary>A client's connection breaks off.</summary>
    CutClient,

    /// <summary>Redis closes all connections.</summary>
    CutRedis,

    /// <summary>Redis forgets all scripts.</summary>
    FlushScripts,
}

/// <summary>One of them.</summary>
/// <param name="At">Since the beginning.</param>
/// <param name="Target">A part's name, such as "gateway-1"; a client's number; "redis".</param>
/// <param name="Duration">Of a <see cref="FaultKind.Freeze"/>.</param>
internal sealed record Fault(TimeSpan At, FaultKind Kind, string Target, TimeSpan Duration)
{
    public bool IsToPart => Kind is FaultKind.Kill or FaultKind.Stop or FaultKind.Freeze;

    public override string ToString() => Kind switch
    {
        FaultKind.Kill => $"kill -9 {Target}",
        FaultKind.Stop => $"SIGTERM to {Target}",
        FaultKind.Freeze => FormattableString.Invariant($"{Target} stands still for {Duration.TotalSeconds:F1} s"),
        FaultKind.CutClient => $"the connection of client {Target} breaks off",
        FaultKind.CutRedis => "Redis closes all connections",
        _ => "Redis forgets all scripts",
    };
}
