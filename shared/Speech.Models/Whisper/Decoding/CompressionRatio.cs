using System.IO.Compression;
using System.Text;

namespace Speech.Models.Whisper.Decoding;

/// <summary>How much smaller zlib makes a text: repetition compresses well, speech does not.</summary>
/// <remarks>Source: openai/whisper, <c>utils.py</c>. Other deflate implementations differ by a few bytes, so a threshold on it is
/// soft.</remarks>
internal static class CompressionRatio
{
    public static double Of(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text.Trim());
        if (bytes.Length == 0)
            return 0;
        using var compressed = new MemoryStream();
        using (var zlib = new ZLibStream(compressed, CompressionLevel.Optimal, leaveOpen: true))
            zlib.Write(bytes);
        return bytes.Length / (double)compressed.Length;
    }
}
