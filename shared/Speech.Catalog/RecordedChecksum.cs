using System.Buffers;

namespace Speech.Catalog;

/// <summary>
/// The SHA-256 written beside a downloaded file, so that it can be verified later, also by hand: <c>sha256sum -c ggml-tiny.bin.sha256</c>.
/// It is what the download was verified against, or, where neither catalogue nor server knew one, what came on first use.
/// </summary>
internal static class RecordedChecksum
{
    private const int HexLength = 64;

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdefABCDEF");

    public const string Extension = ".sha256";

    public static string PathFor(string modelPath) => modelPath + Extension;

    public static async Task WriteAsync(string modelPath, string sha256, CancellationToken cancellationToken)
    {
        var path = PathFor(modelPath);
        var temporary = path + ".tmp";
        await File.WriteAllTextAsync(temporary, $"{sha256}  {Path.GetFileName(modelPath)}\n", cancellationToken);
        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>Null if there is none, or it is none.</summary>
    public static string? Read(string modelPath)
    {
        var path = PathFor(modelPath);
        if (!File.Exists(path))
            return null;

        var start = new char[HexLength];
        using var reader = new StreamReader(path);
        var length = reader.ReadBlock(start);
        return IsSha256(start.AsSpan(0, length)) ? new string(start).ToLowerInvariant() : null;
    }

    public static bool IsSha256(ReadOnlySpan<char> text) => text.Length == HexLength && !text.ContainsAnyExcept(HexDigits);
}
