using System.Buffers.Binary;
using Speech.Audio.Ogg;

namespace Speech.Audio.Tests.Ogg;

public sealed class OggPageTests
{
    [Fact]
    public void The_checksum_agrees_with_that_of_another_encoder()
    {
        var file = File.ReadAllBytes(Recordings.OpusFromOpusenc);
        var reader = new OggPageReader();

        var pages = ReadAll(reader, file);

        pages.Count.ShouldBeGreaterThan(10);
        reader.CorruptPages.ShouldBe(0);
        reader.SkippedBytes.ShouldBe(0);
        pages.Select(page => page.Sequence).ShouldBe(Enumerable.Range(0, pages.Count).Select(i => (uint)i));
        pages[0].Flags.ShouldBe(OggPageFlags.BeginOfStream);
        pages[^1].Flags.ShouldBe(OggPageFlags.EndOfStream);
    }

    [Fact]
    public void Bytes_may_arrive_cut_anywhere()
    {
        var stream = ThreePages();
        var expected = ReadAll(new OggPageReader(), stream);
        for (var cut = 0; cut <= stream.Length; cut++)
            ReadAll(new OggPageReader(), stream, cut).ShouldBe(expected);
        ReadAll(new OggPageReader(), stream, [.. Enumerable.Range(0, stream.Length)]).ShouldBe(expected);
    }

    [Fact]
    public void A_page_with_any_byte_changed_is_refused_and_the_others_are_found()
    {
        var stream = ThreePages();
        var expected = ReadAll(new OggPageReader(), stream);
        var first = stream.AsSpan(1).IndexOf("OggS"u8) + 1;
        var second = first + 1 + stream.AsSpan(first + 1).IndexOf("OggS"u8);
        for (var i = first; i < second; i++)
        {
            byte[] damaged = [.. stream];
            damaged[i] ^= 0x10;
            // A change in the lacing values makes the reader wait for a page longer than the rest of the stream.
            damaged = [.. damaged, .. new byte[OggPage.MaxBytes]];

            var reader = new OggPageReader();
            var pages = ReadAll(reader, damaged);

            pages.ShouldBe([expected[0], expected[2]], $"with byte {i} changed");
            reader.SkippedBytes.ShouldBeGreaterThanOrEqualTo(second - first);
        }
    }

    [Fact]
    public void Garbage_between_pages_is_skipped_and_counted()
    {
        var stream = ThreePages();
        var expected = ReadAll(new OggPageReader(), stream);
        byte[] garbage = [.. "OgOggOggSx no page, OggS"u8, 0, .. new byte[40], .. "Ogg"u8];

        var reader = new OggPageReader();
        var pages = ReadAll(reader, [.. garbage, .. stream, .. garbage, .. stream], 10, 100);

        pages.ShouldBe([.. expected, .. expected]);
        reader.SkippedBytes.ShouldBe(2 * garbage.Length);
    }

    [Fact]
    public void Endless_false_pages_end_with_an_error_not_with_endless_work()
    {
        // Headers that each promise 255 lacing values, packed as closely as can be.
        var hostile = new byte[1024 * 1024];
        for (var i = 0; i + 27 < hostile.Length; i += 27)
        {
            "OggS"u8.CopyTo(hostile.AsSpan(i));
            hostile[i + 26] = 255;
        }

        Should.Throw<AudioFormatException>(() => ReadAll(new OggPageReader(), hostile)).Message.ShouldContain("wrong checksums");
    }

    private static byte[] ThreePages() => Signals.CollectBytes(output =>
    {
        var writer = new OggStreamWriter(output, serial: 99);
        var random = new Random(5);
        foreach (var size in (int[])[40, 600, 300])
        {
            var packet = new byte[size];
            random.NextBytes(packet);
            writer.WritePacket(packet, size);
            writer.FlushPage();
        }
    });

    private static List<(OggPageFlags Flags, long Granule, uint Sequence, string Body)> ReadAll(
        OggPageReader reader, byte[] stream, params int[] cuts)
    {
        var pages = new List<(OggPageFlags, long, uint, string)>();
        var start = 0;
        foreach (var end in (int[])[.. cuts, stream.Length])
        {
            var piece = stream.AsSpan(start..end);
            while (reader.TryRead(piece, out var consumed, out var page))
            {
                piece = piece[consumed..];
                pages.Add((page.Flags, page.Granule, page.Sequence, Convert.ToHexString(page.Body.Span)));
            }
            start = end;
        }
        return pages;
    }
}
