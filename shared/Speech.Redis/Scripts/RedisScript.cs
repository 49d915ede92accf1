using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Speech.Redis;

/// <summary>A Lua script for the server, known there by the SHA-1 of its source.</summary>
public sealed class RedisScript(string source)
{
    public string Source { get; } = source;

    /// <summary>40 hexadecimal digits, lower case.</summary>
    public string Sha1 { get; } = Digest(source);

    [SuppressMessage("Security", "CA5350", Justification = "SHA-1 is how EVALSHA names scripts; nothing is secured by it.")]
    private static string Digest(string source) => Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(source)));
}
