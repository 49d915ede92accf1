using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Speech.Hosting.Settings;

namespace Speech.Hosting;

/// <summary>
/// What anyone may cost a service before it knows who that is: so many connections, so long without a word, so large a request. No service
/// takes request bodies of any size; what a WebSocket carries has limits of its own.
/// </summary>
public static class ConnectionLimits
{
    // Both of a connection that has said nothing yet and between two requests: Kestrel's own 130 s let silent ones pile up.
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(5);

    // From the first byte of a request to the last of its headers.
    private static readonly TimeSpan Headers = TimeSpan.FromSeconds(5);

    private const long MaxBodyBytes = 1 << 20;

    // What is read of a connection before anyone looks at it. Kestrel's own megabyte is half a minute of PCM: a flood of a few hundred
    // connections would take hundreds of megabytes, and be worked on long after it is gone.
    private const int MaxBufferBytes = 128 << 10;
    private const int MaxHeaders = 64;
    private const int MaxHeaderBytes = 16 << 10;

    /// <summary>MAX_CONNECTIONS: of one process, at a time.</summary>
    public static int MaxConnections(EnvironmentSettings settings) => settings.GetInt("MAX_CONNECTIONS", 10_000, min: 1, max: 1_000_000);

    internal static void Apply(SocketTransportOptions sockets) => sockets.MaxReadBufferSize = MaxBufferBytes;

    /// <param name="settings">MAX_CONNECTIONS.</param>
    internal static void Apply(KestrelServerLimits limits, EnvironmentSettings settings)
    {
        var connections = MaxConnections(settings);
        limits.MaxConcurrentConnections = connections;
        limits.MaxConcurrentUpgradedConnections = connections;
        limits.KeepAliveTimeout = Silence;
        limits.RequestHeadersTimeout = Headers;
        limits.MinRequestBodyDataRate = new MinDataRate(bytesPerSecond: 1000, gracePeriod: TimeSpan.FromSeconds(5));
        limits.MinResponseDataRate = new MinDataRate(bytesPerSecond: 1000, gracePeriod: TimeSpan.FromSeconds(5));
        limits.MaxRequestBodySize = MaxBodyBytes;
        limits.MaxRequestHeaderCount = MaxHeaders;
        limits.MaxRequestHeadersTotalSize = MaxHeaderBytes;
    }
}
