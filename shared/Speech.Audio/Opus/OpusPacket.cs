using System.Diagnostics.CodeAnalysis;

namespace Speech.Audio.Opus;

public enum OpusMode
{
    Silk,
    Hybrid,
    Celt,
}

public enum OpusBandwidth
{
    Narrow,
    Medium,
    Wide,
    SuperWide,
    Full,
}

/// <summary>
/// What an Opus packet says about itself before anything is decoded (RFC 6716, section 3).
/// <code>
///  0 1 2 3 4 5 6 7          code 0: one frame
/// +-+-+-+-+-+-+-+-+         code 1: two frames of equal size
/// | config  |s| c |  TOC    code 2: two frames, the first one's length coded
/// +-+-+-+-+-+-+-+-+         code 3: a byte v|p|count(6), then padding length, frame lengths, frames, padding
/// </code>
/// </summary>
/// <param name="FrameSamples48k">Length of one frame in 48 kHz samples: 120 (2.5 ms) to 2880 (60 ms).</param>
public readonly record struct OpusPacket(OpusMode Mode, OpusBandwidth Bandwidth, bool IsStereo, int FrameCount, int FrameSamples48k)
{
    /// <summary>120 ms: no packet may last longer.</summary>
    public const int MaxSamples48k = 5760;

    /// <summary>Longest frame allowed in a packet.</summary>
    public const int MaxFrameBytes = 1275;

    /// <summary>48 frames of the longest kind with their lengths; anything beyond could only be padding, and is refused.</summary>
    public const int MaxBytes = 2 + 47 * 2 + 48 * MaxFrameBytes;

    public int Samples48k => FrameCount * FrameSamples48k;

    public TimeSpan Duration => TimeSpan.FromMicroseconds(Samples48k * 1000L / 48);

    /// <summary>
    /// What the first two bytes say of the length, at 48 kHz; 0 if nothing sensible. Holds for packets of several streams, too.
    /// </summary>
    public static int ReadSamples48k(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return 0;
        var frame = Configuration(bytes[0] >> 3).FrameSamples48k;
        var samples = frame * ((bytes[0] & 3) switch { 0 => 1, 3 => bytes.Length > 1 ? bytes[1] & 0x3f : 0, _ => 2 });
        return samples <= MaxSamples48k ? samples : 0;
    }

    /// <summary>
    /// Whether the packet says that nobody speaks in it: all flags of voice activity, the first bits of a SILK frame (RFC 6716, section
    /// 4.2.3), are 0. Only behind such packets does an encoder leave others out. CELT has no such flags.
    /// </summary>
    public static bool IsInactive(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty || Configuration(bytes[0] >> 3) is { Mode: OpusMode.Celt })
            return false;
        // One or two bytes are what stands in for silence; else of packets of one frame only, as every sender of speech has them.
        if (bytes.Length <= 2)
            return true;
        var silkFrames = Math.Max(1, Configuration(bytes[0] >> 3).FrameSamples48k / 960);
        return (bytes[0] & 3) == 0 && bytes[1] >> (8 - silkFrames) == 0;
    }

    /// <param name="sampleRate">8, 12, 16, 24 or 48 kHz.</param>
    public int SamplesAt(int sampleRate) => (int)((long)Samples48k * sampleRate / 48_000);

    /// <summary>Checks the packet against all seven requirements of RFC 6716, section 3.4.</summary>
    /// <param name="fault">What is wrong, when the result is false.</param>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out OpusPacket packet, [NotNullWhen(false)] out string? fault)
    {
        packet = default;
        fault = Parse(bytes, ref packet);
        return fault is null;
    }

    private static string? Parse(ReadOnlySpan<byte> bytes, ref OpusPacket packet)
    {
        if (bytes.IsEmpty)
            return "an Opus packet has at least one byte";
        if (bytes.Length > MaxBytes)
            return $"an Opus packet of {bytes.Length} bytes is longer than {MaxBytes}";
        var (mode, bandwidth, frameSamples) = Configuration(bytes[0] >> 3);
        packet = new OpusPacket(mode, bandwidth, (bytes[0] & 4) != 0, 1, frameSamples);
        var rest = bytes[1..];
        switch (bytes[0] & 3)
        {
            case 0:
                return rest.Length <= MaxFrameBytes ? null : "a frame is longer than 1275 bytes";
            case 1:
                packet = packet with { FrameCount = 2 };
                return rest.Length % 2 != 0 ? "two frames of equal size do not fill an odd number of bytes"
                    : rest.Length / 2 > MaxFrameBytes ? "a frame is longer than 1275 bytes"
                    : null;
            case 2:
                packet = packet with { FrameCount = 2 };
                if (!TryReadLength(ref rest, out var first) || first > rest.Length)
                    return "the first frame is longer than the packet";
                return rest.Length - first <= MaxFrameBytes ? null : "a frame is longer than 1275 bytes";
            default:
                return ParseFrameCount(rest, ref packet);
        }
    }

    private static string? ParseFrameCount(ReadOnlySpan<byte> rest, ref OpusPacket packet)
    {
        if (rest.IsEmpty)
            return "the frame count is missing";
        var (variable, padded, count) = ((rest[0] & 0x80) != 0, (rest[0] & 0x40) != 0, rest[0] & 0x3f);
        rest = rest[1..];
        packet = packet with { FrameCount = count };
        if (count == 0)
            return "the packet says that it has no frames";
        if (packet.Samples48k > MaxSamples48k)
            return $"{count} frames of {packet.FrameSamples48k / 48.0} ms last longer than 120 ms";

        var padding = 0;
        for (var more = padded; more;)
        {
            if (rest.IsEmpty)
                return "the padding's length is missing";
            more = rest[0] == 255;
            padding += more ? 254 : rest[0];
            rest = rest[1..];
        }
        if (padding > rest.Length)
            return "the padding is longer than the packet";
        rest = rest[..^padding];

        if (!variable)
            return rest.Length % count != 0 ? $"{count} frames of equal size do not fill {rest.Length} bytes"
                : rest.Length / count > MaxFrameBytes ? "a frame is longer than 1275 bytes"
                : null;
        var total = 0;
        for (var frame = 0; frame < count - 1; frame++)
        {
            if (!TryReadLength(ref rest, out var length))
                return "a frame's length is missing";
            total += length;
        }
        return total > rest.Length ? "the frames are longer than the packet"
            : rest.Length - total > MaxFrameBytes ? "a frame is longer than 1275 bytes"
            : null;
    }

    /// <summary>Frame lengths take one byte up to 251, two from 252: first + 4 * second (RFC 6716, section 3.2.1).</summary>
    private static bool TryReadLength(ref ReadOnlySpan<byte> bytes, out int length)
    {
        length = 0;
        if (bytes.IsEmpty || (bytes[0] >= 252 && bytes.Length < 2))
            return false;
        var size = bytes[0] < 252 ? 1 : 2;
        length = size == 1 ? bytes[0] : bytes[0] + 4 * bytes[1];
        bytes = bytes[size..];
        return true;
    }

    /// <summary>RFC 6716, table 2.</summary>
    private static (OpusMode Mode, OpusBandwidth Bandwidth, int FrameSamples48k) Configuration(int config) => config switch
    {
        < 12 => (OpusMode.Silk, (OpusBandwidth)(config / 4), (config % 4) switch { 0 => 480, 1 => 960, 2 => 1920, _ => 2880 }),
        < 16 => (OpusMode.Hybrid, config < 14 ? OpusBandwidth.SuperWide : OpusBandwidth.Full, 480 << (config % 2)),
        // CELT has no medium band.
        _ => (OpusMode.Celt, config < 20 ? OpusBandwidth.Narrow : OpusBandwidth.Wide + (config - 20) / 4, 120 << (config % 4)),
    };
}
