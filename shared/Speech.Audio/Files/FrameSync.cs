namespace Speech.Audio.Files;

/// <summary>
/// MP3 (ISO 11172-3, 13818-3) and AAC in ADTS (ISO 13818-7) have no magic at their beginning, only frames, whose headers begin with 11 or
/// 12 ones:
/// <code>
/// MPEG audio  AAAAAAAA AAABBCCD EEEEFFGH IIJJKLMM   version B, layer C, bit rate E, sample rate F, padding G, emphasis M
/// ADTS        AAAAAAAA AAAABCCD EEFFFFGH HHIJKLMM MMMMMMMM MMM…   layer C (0), sample rate F, length of the frame M (13 bits)
/// </code>
/// </summary>
internal static class FrameSync
{
    private static ReadOnlySpan<short> Mpeg1Layer1 => [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448];

    private static ReadOnlySpan<short> Mpeg1Layer2 => [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384];

    private static ReadOnlySpan<short> Mpeg1Layer3 => [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];

    private static ReadOnlySpan<short> Mpeg2Layer1 => [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256];

    private static ReadOnlySpan<short> Mpeg2OtherLayers => [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];

    /// <param name="framesInARow">So many headers must follow one another, of one kind and each where the one before says.</param>
    public static AudioSignature? Recognise(ReadOnlySpan<byte> start, int framesInARow)
    {
        if (start.Length < 2 || start[0] != 0xFF || (start[1] & 0xE0) != 0xE0)
            return null;
        var isAdts = (start[1] & 0xF6) == 0xF0;
        var rest = start;
        for (var frame = 0; frame < framesInARow; frame++)
        {
            var length = isAdts ? AdtsFrame(rest) : MpegFrame(rest);
            if (length is null || !IsAlike(start, rest, isAdts))
                return null;
            if (frame + 1 < framesInARow && length > rest.Length)
                return null;
            rest = rest[Math.Min(length.Value, rest.Length)..];
        }
        return new AudioSignature(isAdts ? "an AAC (ADTS) stream" : "an MP3 (MPEG audio) file");
    }

    /// <summary>What never changes from frame to frame: version, layer and sample rate.</summary>
    private static bool IsAlike(ReadOnlySpan<byte> first, ReadOnlySpan<byte> other, bool isAdts) =>
        ((first[1] ^ other[1]) & 0xFE) == 0 && ((first[2] ^ other[2]) & (isAdts ? 0x3C : 0x0C)) == 0;

    /// <returns>The frame's length in bytes; null if there is no whole header of one.</returns>
    private static int? AdtsFrame(ReadOnlySpan<byte> header)
    {
        if (header.Length < 6 || header[0] != 0xFF || (header[1] & 0xF6) != 0xF0 || ((header[2] >> 2) & 0xF) > 12)
            return null;
        var length = ((header[3] & 3) << 11) | (header[4] << 3) | (header[5] >> 5);
        return length > 7 ? length : null;
    }

    /// <inheritdoc cref="AdtsFrame"/>
    private static int? MpegFrame(ReadOnlySpan<byte> header)
    {
        if (header.Length < 4 || header[0] != 0xFF || (header[1] & 0xE0) != 0xE0)
            return null;
        var (version, layer, bitRate, rate) = ((header[1] >> 3) & 3, 4 - ((header[1] >> 1) & 3), header[2] >> 4, (header[2] >> 2) & 3);
        // Reserved values; 0 is a free bit rate, of which the length cannot be told.
        if (version == 1 || layer == 4 || bitRate is 0 or 15 || rate == 3 || (header[3] & 3) == 2)
            return null;
        var isMpeg1 = version == 3;
        var kilobits = (isMpeg1, layer) switch
        {
            (true, 1) => Mpeg1Layer1[bitRate - 1],
            (true, 2) => Mpeg1Layer2[bitRate - 1],
            (true, _) => Mpeg1Layer3[bitRate - 1],
            (false, 1) => Mpeg2Layer1[bitRate - 1],
            _ => Mpeg2OtherLayers[bitRate - 1],
        };
        var sampleRate = (rate switch { 0 => 44_100, 1 => 48_000, _ => 32_000 }) >> (version switch { 3 => 0, 2 => 1, _ => 2 });
        var padding = (header[2] >> 1) & 1;
        return layer == 1
            ? (12_000 * kilobits / sampleRate + padding) * 4
            : (layer == 3 && !isMpeg1 ? 72_000 : 144_000) * kilobits / sampleRate + padding;
    }
}
