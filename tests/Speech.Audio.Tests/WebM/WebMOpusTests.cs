using Speech.Audio.Files;
using Speech.Audio.WebM;

namespace Speech.Audio.Tests.WebM;

public sealed class WebMOpusTests
{
    private static readonly byte[] Live = File.ReadAllBytes(Path.Combine(Path.GetDirectoryName(Recordings.OpusFromOpusenc)!, "live.webm"));

    [Fact]
    public void A_live_stream_is_heard_however_it_is_cut()
    {
        var whole = Decode([Live]);

        whole.Length.ShouldBeInRange(32_000 - 320, 32_000 + 320);
        Signals.Snr(Recordings.Speech(1.9), whole).ShouldBeGreaterThan(5);
        foreach (var largest in (int[])[1, 7, 100, 3000])
            Decode(Signals.Pieces(Live.Length, 5, largest).Select(piece => Live[piece])).ShouldBe(whole);
        AudioFile.Load(new MemoryStream(Live), "live.webm").Samples.ShouldBe(whole);
    }

    [Fact]
    public void Blocks_that_are_left_out_leave_a_gap_of_their_length()
    {
        var whole = Decode([Live]);
        // SimpleBlocks of track 1 with a size of two bytes; 20 of them from the 10th on go, which lie in one cluster.
        var blocks = Enumerable.Range(0, Live.Length - 8).Where(i => Live[i] == 0xA3 && Live[i + 1] >> 6 == 1 && Live[i + 3] == 0x81)
            .ToArray();
        if (blocks.Length < 60)
            blocks = [.. Enumerable.Range(0, Live.Length - 8).Where(i => Live[i] == 0xA3 && Live[i + 1] >> 7 == 1 && Live[i + 2] == 0x81)];
        blocks.Length.ShouldBeGreaterThan(60);
        byte[] without = [.. Live[..blocks[10]], .. Live[blocks[30]..]];
        Live.AsSpan(blocks[10]..blocks[30]).IndexOf((ReadOnlySpan<byte>)[0x1F, 0x43, 0xB6, 0x75]).ShouldBe(-1);

        // Its clock counts milliseconds.
        Decode([without]).Length.ShouldBeInRange(whole.Length - 16, whole.Length + 16);
    }

    [Fact]
    public void What_has_no_Opus_or_no_beginning_is_told_so()
    {
        var vorbis = Live.ToArray();
        vorbis.AsSpan().IndexOf("A_OPUS"u8).ShouldBeGreaterThan(0);
        "A_AAC\0"u8.CopyTo(vorbis.AsSpan(vorbis.AsSpan().IndexOf("A_OPUS"u8)));
        Should.Throw<AudioFormatException>(() => Decode([vorbis])).Message.ShouldContain("audio is AAC, not Opus");
        Should.Throw<AudioFormatException>(() => Decode([Live[400..]]));
        var cluster = Live.AsSpan().IndexOf((ReadOnlySpan<byte>)[0x1F, 0x43, 0xB6, 0x75]);
        Should.Throw<AudioFormatException>(() => Decode([Live[cluster..]])).Message.ShouldContain("beginning is missing");
        Should.Throw<AudioFormatException>(() => Decode([Live[..100]])).Message.ShouldContain("no audio track");
    }

    private static float[] Decode(IEnumerable<byte[]> pieces) => Signals.Collect(output =>
    {
        using var reader = new WebMOpusReader();
        foreach (var piece in pieces)
            reader.Read(piece, output);
        reader.Complete();
    });
}
