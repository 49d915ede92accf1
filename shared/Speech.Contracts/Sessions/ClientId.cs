using System.Buffers;
using System.Security.Cryptography;

namespace Speech.Contracts.Sessions;

/// <summary>
/// The name under which a client's audio, results and history are kept. It is part of Redis keys and channels and of log lines,
/// hence the short alphabet.
/// </summary>
public static class ClientId
{
    public const int MaxLength = 128;

    /// <summary>For error messages: "… must be 1..128 characters of …".</summary>
    public const string Rule = "1..128 characters of A-Z a-z 0-9 _ . : -";

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:-");

    public static bool IsValid(ReadOnlySpan<char> id) => id.Length is > 0 and <= MaxLength && !id.ContainsAnyExcept(Allowed);

    /// <summary>A new name that cannot be guessed: whoever knows it can read the client's history.</summary>
    public static string Create() => RandomNumberGenerator.GetHexString(32, lowercase: true);
}
