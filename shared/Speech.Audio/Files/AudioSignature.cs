using System.Diagnostics.CodeAnalysis;
using Speech.Audio.Ogg;
using Speech.Audio.Wav;

namespace Speech.Audio.Files;

/// <summary>What a file or stream is by its first bytes.</summary>
/// <param name="Name">With its article, fit for a message: "a WAV file".</param>
/// <param name="Container">What of ours reads it; null if nothing does.</param>
public sealed record AudioSignature(string Name, AudioContainer? Container = null)
{
    /// <summary>More is not looked at. Three frames of MP3 or AAC at the usual rates are shorter.</summary>
    public const int MaxBytes = 4096;

    /// <summary>Most are told by 4 bytes at least, which no samples or packets have by chance.</summary>
    /// <param name="start">The first bytes; when nothing is recognised, more may still tell, up to <see cref="MaxBytes"/>.</param>
    /// <param name="framesInARow">
    /// So many headers of MP3 or AAC frames must follow one another at the right distances: each has little more than 20 bits that tell it
    /// from noise.
    /// </param>
    public static bool TryRecognise(ReadOnlySpan<byte> start, int framesInARow, [NotNullWhen(true)] out AudioSignature? signature)
    {
        signature = Magic(start) ?? (IsTransportStream(start) ? new AudioSignature("an MPEG transport stream") : null)
            ?? FrameSync.Recognise(start, framesInARow);
        return signature is not null;
    }

    private static AudioSignature? Magic(ReadOnlySpan<byte> start)
    {
        if (start.StartsWith("OggS"u8))
            return new AudioSignature(OggName(start), AudioContainer.OggOpus);
        if (start is [0x1A, 0x45, 0xDF, 0xA3, ..])
            return new AudioSignature("a WebM or Matroska file", AudioContainer.WebM);
        if (WavReader.IsRiff(start))
            return start.Length >= 12 && start[8..].StartsWith("AVI "u8)
                ? new AudioSignature("an AVI file") : new AudioSignature("a WAV file", AudioContainer.Wav);
        if (start.Length >= 8 && Mp4Name(start[4..]) is { } mp4)
            return new AudioSignature(mp4);
        return OtherName(start) is { } name ? new AudioSignature(name) : null;
    }

    /// <summary>An Ogg page that begins a stream tells what is in it.</summary>
    private static string OggName(ReadOnlySpan<byte> page)
    {
        var begins = page.Length > OggPage.HeaderBytes && (page[5] & (byte)OggPageFlags.BeginOfStream) != 0;
        return begins && page.Length >= OggPage.HeaderBytes + page[26]
            && OggCodec.NameOf(page[(OggPage.HeaderBytes + page[26])..]) is { } codec
            ? $"an {codec} stream"
            : "an Ogg stream";
    }

    /// <summary>By the type of its first box.</summary>
    private static string? Mp4Name(ReadOnlySpan<byte> box) =>
        box.StartsWith("ftyp"u8) ? box.Length < 8 ? "an MP4 file"
            : box[4..].StartsWith("M4A"u8) || box[4..].StartsWith("M4B"u8) ? "an M4A (MP4) file"
            : box[4..].StartsWith("3g"u8) ? "a 3GP (MP4) file"
            : box[4..].StartsWith("qt"u8) ? "a QuickTime file"
            : "an MP4 file"
        : box.StartsWith("styp"u8) || box.StartsWith("moof"u8) ? "a piece of an MP4 file"
        : box.StartsWith("moov"u8) || box.StartsWith("mdat"u8) || box.StartsWith("wide"u8) ? "a QuickTime or MP4 file"
        : null;

    private static string? OtherName(ReadOnlySpan<byte> start) =>
        start.StartsWith("fLaC"u8) ? "a FLAC file"
        // A version, flags, and a length of which no byte has its first bit set.
        : start.StartsWith("ID3"u8)
            && (start.Length < 10 || (start[3] < 0x10 && start[4] < 0xff && !start[6..10].ContainsAnyInRange((byte)0x80, (byte)0xff)))
            ? "an MP3 (or AAC) file with an ID3 tag"
        : start.StartsWith("RIFX"u8) ? "a big-endian WAV file (RIFX)"
        : start is [(byte)'r', (byte)'i', (byte)'f', (byte)'f', 0x2E, 0x91, 0xCF, 0x11, ..] ? "a Wave64 file"
        : start.StartsWith("FORM"u8) && (start.Length < 12 || start[8..].StartsWith("AIF"u8)) ? "an AIFF file"
        : start.StartsWith("caff"u8) ? "a CAF file"
        : start.StartsWith("#!AMR-WB"u8) ? "an AMR-WB file"
        : start.StartsWith("#!AMR"u8) ? "an AMR file"
        : start is [0x30, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11, ..] ? "a WMA (ASF) file"
        : start.StartsWith(".snd"u8) ? "an AU file"
        : start.StartsWith("ADIF"u8) ? "an AAC (ADIF) file"
        : start.StartsWith("MAC "u8) ? "a Monkey's Audio file"
        : start.StartsWith("wvpk"u8) ? "a WavPack file"
        : start.StartsWith("MPCK"u8) ? "a Musepack file"
        : start.StartsWith("TTA1"u8) ? "a TTA file"
        : start.StartsWith(".RMF"u8) ? "a RealMedia file"
        : start.StartsWith("MThd"u8) ? "a MIDI file"
        : start is [(byte)'F', (byte)'L', (byte)'V', 1, ..] ? "a Flash video"
        : start.StartsWith("Creative Voice File"u8) ? "a VOC file"
        : null;

    private static bool IsTransportStream(ReadOnlySpan<byte> start)
    {
        const int PacketBytes = 188;
        return start.Length > 3 * PacketBytes && start[0] == 0x47 && start[PacketBytes] == 0x47 && start[2 * PacketBytes] == 0x47
            && start[3 * PacketBytes] == 0x47;
    }
}
