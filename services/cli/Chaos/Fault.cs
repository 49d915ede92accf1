namespace Speech.Cli.Chaos;

/// <summary>What can go wrong, and goes wrong on purpose here.</summary>
internal enum FaultKind
{
    /// <summary>kill -9: the process is gone without a word; the supervisor starts another.</summary>
    Kill,

    /// <summary>SIGTERM: the process ends what it has begun, and the supervisor starts another.</summary>
    Stop,

    /// <summary>SIGSTOP, and SIGCONT later: the process keeps its connections and says nothing.</summary>
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
