using System.Net;
using System.Net.Sockets;

namespace Speech.Supervisor;

/// <summary>
/// Hands out TCP ports that are free now and were not handed out before. They are drawn from below the range that the kernel gives to
/// outgoing connections (32768 and up): a port that waits for its process, or for that process' restart, is not taken by a passing one.
/// </summary>
internal sealed class LocalPorts
{
    private const int Lowest = 20_000;
    private const int Highest = 32_767;
    private const int MaxTries = 1_000;

    private readonly HashSet<int> _taken = [];

    public int Next(IPAddress address)
    {
        for (var attempt = 0; attempt < MaxTries; attempt++)
        {
            var port = Random.Shared.Next(Lowest, Highest + 1);
            if (!_taken.Contains(port) && IsFree(address, port))
                return Take(port);
        }
        throw new SupervisorException($"Found no free port between {Lowest} and {Highest} on {address}.");
    }

    /// <summary>Claims a port that a person asked for; <paramref name="option"/> is named in the error.</summary>
    public int Claim(IPAddress address, int port, string option)
    {
        if (port > IPEndPoint.MaxPort || !IsFree(address, port))
            throw new SupervisorException(
                $"Port {port} on {address} is in use or not allowed: pass {option} N for another, or {option} 0 for any free one.");
        return Take(port);
    }

    private int Take(int port)
    {
        _taken.Add(port);
        return port;
    }

    private static bool IsFree(IPAddress address, int port)
    {
        try
        {
            using var listener = new TcpListener(address, port);
            listener.Start();
            return true;
        }
        catch (SocketException error) when (error.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
        {
            return false;
        }
    }
}
