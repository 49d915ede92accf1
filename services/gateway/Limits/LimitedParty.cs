using System.Net;
using System.Net.Sockets;
using Speech.Gateway.Sessions;

namespace Speech.Gateway.Limits;

/// <summary>Whom limits count as one: all who show the same credentials; of those who show none, all at the same address.</summary>
/// <param name="Key">What stands for the credentials, or the address.</param>
/// <param name="IsAddress">No credentials were shown.</param>
internal readonly record struct LimitedParty(string Key, bool IsAddress)
{
    private const int NetworkBytes = 8;

    /// <param name="address">As the connection has it, or a trusted proxy says; null: a connection without one.</param>
    public static LimitedParty Of(ClientCredentials credentials, IPAddress? address) =>
        credentials.IsAnonymous ? new LimitedParty(NameOf(address), true) : new LimitedParty(credentials.Key, false);

    /// <summary>
    /// An IPv4 address, or the first 64 bits of one of IPv6: a single customer has as many addresses as the rest has bits.
    /// </summary>
    public static string NameOf(IPAddress? address)
    {
        if (address is null)
            return "local";
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return address.ToString();
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(NetworkBytes).Clear();
        return $"{new IPAddress(bytes)}/64";
    }
}
