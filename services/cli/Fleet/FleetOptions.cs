using Speech.Delivery;

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

    /// <summary>STREAM_SHARDS as the services have it.</summary>
    /// <exception cref="FleetException">It is wrong.</exception>
    public StreamShards Shards
    {
        get
        {
            const string Name = "STREAM_SHARDS";
            try
            {
                return StreamShards.Parse(
                    Settings.LastOrDefault(setting => setting.StartsWith($"{Name}=", StringComparison.Ordinal))?[(Name.Length + 1)..]
                    ?? Environment.GetEnvironmentVariable(Name));
            }
            catch (FormatException error)
            {
                throw new FleetException(error.Message);
            }
        }
    }
}
