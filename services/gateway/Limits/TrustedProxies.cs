using System.Net;
using Microsoft.AspNetCore.HttpOverrides;
using Speech.Hosting.Settings;
using IPNetwork = System.Net.IPNetwork;

namespace Speech.Gateway.Limits;

/// <summary>
/// TRUSTED_PROXIES: whose <c>X-Forwarded-For</c> is believed. It is read from its end to the first address that is none of them: that is
/// the client's. What a client itself has written there stands before that and counts for nothing.
/// </summary>
internal static class TrustedProxies
{
    private const string Name = "TRUSTED_PROXIES";

    /// <summary>Addresses and networks such as 10.0.0.0/8 with commas between them; wrong ones are reported.</summary>
    public static IReadOnlyList<IPNetwork> Read(EnvironmentSettings settings)
    {
        var networks = new List<IPNetwork>();
        foreach (var text in settings.GetString("TRUSTED_PROXIES", "").Split(',', StringSplitOptions.RemoveEmptyEntries
            | StringSplitOptions.TrimEntries))
        {
            if (IPNetwork.TryParse(text, out var network))
                networks.Add(network);
            else if (IPAddress.TryParse(text, out var address))
                networks.Add(new IPNetwork(address, 8 * address.GetAddressBytes().Length));
            else
                settings.Report(Name, text, "addresses and networks such as 10.1.2.3, 10.0.0.0/8 and fd00::/8, with commas between them");
        }
        return networks;
    }

    public static void UseTrustedProxies(this WebApplication app)
    {
        var networks = app.Services.GetRequiredService<TrustedNetworks>().All;
        if (networks.Count == 0)
            return;
        var options = new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.XForwardedFor, ForwardLimit = null };
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        foreach (var network in networks)
            options.KnownIPNetworks.Add(network);
        app.UseForwardedHeaders(options);
    }
}

/// <summary>The networks of trusted proxies.</summary>
internal sealed record TrustedNetworks(IReadOnlyList<IPNetwork> All)
{
    /// <param name="address">As a connection has it.</param>
    public bool Contain(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        return All.Any(network => network.Contains(address));
    }
}
