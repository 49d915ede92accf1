namespace Speech.Cli.Fleet;

internal sealed record FleetOptions
{
    /// <summary>What the fleet is for; names its folder for temporary files and its folder in logs/.</summary>
    public required string Name { get; init; }

    public int SttWorkers { get; init; } = 1;

    /// <summary>None unless someone wants translations.</summary>
    public int TranslationWorkers { get; init; }

    public int Gateways { get; init; } = 1;

    /// <summary>NAME=VALUE for the services, beyond our own environment.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];
}
