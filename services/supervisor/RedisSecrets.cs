using System.Security.Cryptography;

namespace Speech.Supervisor;

/// <summary>
/// The password of the Redis that we start. It stays with Redis' files: the services get it in their environment, Redis reads it from a
/// file that only its owner may read, and no command line or log has it. One that somebody has chosen (REDIS_PASSWORD) goes before it.
/// </summary>
internal static class RedisSecrets
{
    private const int Bytes = 32;

    public const UnixFileMode OwnersFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    public const UnixFileMode OwnersFolder = OwnersFile | UnixFileMode.UserExecute;

    /// <summary>The password, which is made if there is none yet.</summary>
    /// <param name="file">Where it lies.</param>
    /// <param name="given">One that somebody has chosen; null or empty: none.</param>
    public static string Password(string file, string? given)
    {
        var password = !string.IsNullOrEmpty(given) ? given
            : File.Exists(file) && File.ReadAllText(file).Trim() is { Length: > 0 } kept ? kept
            : Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(Bytes));
        Write(file, password + "\n");
        return password;
    }

    /// <summary>Replaces a file that only its owner may read.</summary>
    public static void Write(string file, string text)
    {
        File.Delete(file);
        using var stream = new FileStream(
            file, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnersFile });
        stream.Write(System.Text.Encoding.UTF8.GetBytes(text));
    }
}
