using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Speech.Gateway.Limits;

/// <summary>
/// TCP connections at each address, before a byte of them is read: Kestrel counts them all together, and one address that opens them as fast as
/// silent ones are closed would have all there are. Those of trusted proxies are many clients' and not counted.
/// </summary>
/// <param name="most">Of one address; 0: any number.</param>
internal sealed class AddressConnections(int most, TrustedNetworks trusted)
{
    private readonly Lock _gate = new();
    private readonly Counts _counts = new();

    /// <summary>Middleware in front of Kestrel's own.</summary>
    public ConnectionDelegate LetIn(ConnectionDelegate next) => connection => LetInAsync(connection, next);

    private async Task LetInAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        if (most == 0 || (connection.RemoteEndPoint as IPEndPoint)?.Address is not { } address || trusted.Contain(address))
        {
            await next(connection);
            return;
        }
        var name = LimitedParty.NameOf(address);
        if (!TryAdd(name))
        {
            connection.Abort(new ConnectionAbortedException("The address has as many connections as it may have."));
            return;
        }
        try
        {
            await next(connection);
        }
        finally
        {
            lock (_gate)
                _counts.Remove(name);
        }
    }

    private bool TryAdd(string name)
    {
        lock (_gate)
        {
            if (_counts.Of(name) >= most)
                return false;
            _counts.Add(name);
            return true;
        }
    }
}
