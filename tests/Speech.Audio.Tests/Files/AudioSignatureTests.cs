using Speech.Audio.Files;

namespace Speech.Audio.Tests.Files;

public sealed class AudioSignatureTests
{
    public static TheoryData<byte[], string> Known => new()
    {
        { [.. "RIFF"u8, 1, 2, 3, 4, .. "WAVE"u8], "a WAV file" },
        { [.. "RF64"u8], "a WAV file" },
        { [.. "RIFF"u8, 1, 2, 3, 4, .. "AVI LIST"u8], "an AVI file" },
        { [.. "OggS"u8], "an Ogg stream" },
        { File.ReadAllBytes(Vector("vorbis.ogg")), "an Ogg Vorbis stream" },
        { File.ReadAllBytes(Vector("nohead.opus")), "an Ogg stream" },
        { File.ReadAllBytes(Recordings.OpusFromOpusenc), "an Ogg Opus stream" },
        { [0, 0, 0, 0x18, .. "ftypM4A \0\0"u8], "an M4A (MP4) file" },
        { [0, 0, 0, 0x1c, .. "ftypisom"u8], "an MP4 file" },
        { [0, 0, 0, 0x1c, .. "ftypqt  "u8], "a QuickTime file" },
        { [0, 0, 0, 0x1c, .. "styp"u8], "a piece of an MP4 file" },
        { [.. "fLaC"u8], "a FLAC file" },
        { [.. "ID3"u8, 4, 0, 0, 0, 0, 0x7f, 0x7f], "an MP3 (or AAC) file with an ID3 tag" },
        { File.ReadAllBytes(Vector("start.mp3")), "an MP3 (MPEG audio) file" },
        { File.ReadAllBytes(Vector("start.aac")), "an AAC (ADTS) stream" },
        { [0x1A, 0x45, 0xDF, 0xA3], "a WebM or Matroska file" },
        { [.. "FORM"u8, 0, 0, 1, 0, .. "AIFF"u8], "an AIFF file" },
        { [.. "caff"u8, 0, 1], "a CAF file" },
        { [.. "#!AMR\n"u8], "an AMR file" },
        { [.. "#!AMR-WB\n"u8], "an AMR-WB file" },
        { [0x30, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11], "a WMA (ASF) file" },
        { [.. "riff"u8, 0x2E, 0x91, 0xCF, 0x11], "a Wave64 file" },
    };

    [Theory]
    [MemberData(nameof(Known))]
    public void A_file_is_known_by_its_beginning(byte[] start, string name)
    {
        AudioSignature.TryRecognise(start, 3, out var signature).ShouldBeTrue();
        signature!.Name.ShouldBe(name);
    }

    [Theory]
    [InlineData("start.mp3")]
    [InlineData("start.aac")]
    public void Frames_of_MP3_and_AAC_are_believed_only_where_each_follows_the_one_before(string file)
    {
        var bytes = File.ReadAllBytes(Vector(file));
        bool IsKnown(int length, int frames) => AudioSignature.TryRecognise(bytes.AsSpan(0, length), frames, out _);

        IsKnown(4, 1).ShouldBe(file.EndsWith("mp3", StringComparison.Ordinal));
        IsKnown(20, 2).ShouldBeFalse();
        // The first moment at which the third header is there, and one byte less.
        var needed = Enumerable.Range(0, bytes.Length).First(length => IsKnown(length, 3));
        needed.ShouldBeInRange(30, 1200);
        bytes[needed - (file.EndsWith("mp3", StringComparison.Ordinal) ? 4 : 6)] ^= 0x80;
        IsKnown(bytes.Length, 3).ShouldBeFalse();
    }

    [Fact]
    public void Samples_and_packets_are_not_taken_for_anything_by_chance()
    {
        var random = new Random(17);
        var bytes = new byte[AudioSignature.MaxBytes];
        for (var round = 0; round < 20_000; round++)
        {
            random.NextBytes(bytes);
            // The worst case: it begins as a frame does.
            (bytes[0], bytes[1]) = (0xFF, (byte)(0xE0 | random.Next(32)));
            AudioSignature.TryRecognise(bytes, 3, out _).ShouldBeFalse();
        }
        foreach (var constant in (byte[])[0, 0x47, 0x55, 0x7f, 0x80, 0xd5, 0xff])
        {
            bytes.AsSpan().Fill(constant);
            if (constant != 0x47)
                AudioSignature.TryRecognise(bytes, 3, out _).ShouldBeFalse();
        }
    }

    private static string Vector(string name) => Path.Combine(Path.GetDirectoryName(Recordings.OpusFromOpusenc)!, name);
}
