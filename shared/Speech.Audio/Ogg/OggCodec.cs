namespace Speech.Audio.Ogg;

/// <summary>What lies in a logical stream of Ogg.</summary>
internal static class OggCodec
{
    /// <param name="firstPacket">Its beginning.</param>
    /// <returns>For messages; null if it is not known.</returns>
    public static string? NameOf(ReadOnlySpan<byte> firstPacket) =>
        firstPacket.StartsWith(OpusHead.Magic) ? "Ogg Opus"
        : firstPacket.StartsWith("\x01vorbis"u8) ? "Ogg Vorbis"
        : firstPacket is [0x7f, (byte)'F', (byte)'L', (byte)'A', (byte)'C', ..] ? "Ogg FLAC"
        : firstPacket.StartsWith("Speex   "u8) ? "Ogg Speex"
        : firstPacket.StartsWith("CELT    "u8) ? "Ogg CELT"
        : firstPacket is [0x80 or 0x81, (byte)'t', (byte)'h', (byte)'e', (byte)'o', (byte)'r', (byte)'a', ..] ? "Ogg Theora"
        : null;
}
