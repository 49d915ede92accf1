namespace Speech.Supervisor.Readiness;

/// <summary>Asks a process once whether it is ready: null if it is, otherwise why not.</summary>
internal delegate Task<string?> Probe(CancellationToken cancellationToken);
