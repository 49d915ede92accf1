using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Speech.Redis;

/// <summary>
/// "MOVED slot host:port": the slot has another master. "ASK slot host:port": this one key has gone there already, or is to be made
/// there, while its slot is still under way.
/// </summary>
internal sealed record Redirection(bool IsAsk, int Slot, RedisEndpoint Server)
{
    /// <param name="error">The error's text.</param>
    /// <param name="from">Who sent it; an empty host means its own.</param>
    /// <param name="redirection">What it says.</param>
    public static bool TryParse(string error, RedisEndpoint from, [NotNullWhen(true)] out Redirection? redirection)
    {
        redirection = null;
        if (error.Split(' ') is not [("MOVED" or "ASK") and var kind, var slotText, var address, ..]
            || !int.TryParse(slotText, NumberStyles.None, CultureInfo.InvariantCulture, out var slot)
            || slot >= HashSlot.Count)
            return false;
        var colon = address.LastIndexOf(':'); // an IPv6 address, which has colons of its own, comes without brackets
        if (colon < 0 || address.StartsWith('?')
            || !int.TryParse(address.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            || port is < 1 or > 65535)
            return false;
        redirection = new(kind == "ASK", slot, new(colon == 0 ? from.Host : address[..colon], port));
        return true;
    }
}
