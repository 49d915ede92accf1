using System.Text.Json;

namespace Speech.Cli.Fleet;

/// <summary>Where everything is: the supervisor's ready file.</summary>
internal sealed record FleetReport(
    int Pid, string RedisUrl, IReadOnlyList<string> Gateways, IReadOnlyList<FleetPart> Workers, IReadOnlyList<FleetPart> Parts)
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>The WebSocket endpoint of a gateway, counted round.</summary>
    public Uri GatewayUrl(int index) =>
        new UriBuilder(Gateways[index % Gateways.Count]) { Scheme = "ws", Path = "/ws" }.Uri;

    /// <summary>Null while there is no such file, before all is up, or it is somebody else's.</summary>
    public static FleetReport? TryRead(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<FleetReport>(File.ReadAllBytes(path), Json);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}

/// <summary>A process of a fleet; its <c>Pid</c> changes when it is restarted.</summary>
/// <param name="Health">Where a service tells how it is; null for Redis.</param>
internal sealed record FleetPart(string Name, int Pid, Uri? Health);
