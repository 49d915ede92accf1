namespace Speech.Supervisor.Readiness;

/// <summary>Asks a process once whether it is ready.</summary>
internal delegate Task<ProbeAnswer> Probe(CancellationToken cancellationToken);

internal enum ProbeState
{
    Ready,

    /// <summary>Not ready, or it does not answer: the time limit decides.</summary>
    NotYet,

    /// <summary>It is fetching what it needs, which takes as long as it takes and has time limits of its own.</summary>
    Downloading,

    /// <summary>It will never be ready.</summary>
    Failed,
}

/// <param name="Text">Why it is not ready.</param>
internal readonly record struct ProbeAnswer(ProbeState State, string Text = "")
{
    public static ProbeAnswer Ready { get; } = new(ProbeState.Ready);

    public static ProbeAnswer NotYet(string text) => new(ProbeState.NotYet, text);
}
