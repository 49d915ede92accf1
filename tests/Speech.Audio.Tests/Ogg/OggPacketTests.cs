using FsCheck;
using FsCheck.Fluent;
using Speech.Audio.Ogg;

namespace Speech.Audio.Tests.Ogg;

public sealed class OggPacketTests
{
    [Fact]
    public void Any_packets_come_back_whatever_the_pages_and_the_pieces()
    {
        var sizes = Gen.Choose(0, 1300).Or(Gen.Elements(0, 1, 254, 255, 256, 509, 510, 511, 765)).ListOf();
        var cases = from packets in sizes
                    from lacing in Gen.Choose(1, 255)
                    from pieces in Gen.Choose(1, 4000)
                    from seed in Gen.Choose(0, 1_000_000)
                    select (packets, lacing, pieces, seed);

        Check.One(Config.QuickThrowOnFailure.WithReplay(3, 5).WithMaxTest(300), Prop.ForAll(Arb.From(cases), x =>
        {
            var sent = Packets(x.packets, x.seed);
            var stream = Stream(1, sent, x.lacing);
            var reader = new OggPacketReader();

            var received = ReadAll(reader, stream, x.seed, x.pieces);

            received.Select(p => p.Hex).ShouldBe([.. sent.Select(Convert.ToHexString)]);
            reader.Gaps.ShouldBe(0);
            reader.SkippedBytes.ShouldBe(0);
            received[0].Info.BeginsStream.ShouldBeTrue();
            received.Skip(1).ShouldAllBe(p => !p.Info.BeginsStream && !p.Info.FollowsGap && !p.Info.IsTruncated);
        }));
    }

    [Fact]
    public void The_last_packet_of_each_page_carries_the_pages_granule()
    {
        var sent = Packets([100, 300, 600, 10], 1);
        var received = ReadAll(new OggPacketReader(), Stream(1, sent, lacing: 3), 0, 5000);

        received.Count.ShouldBe(5);
        received.Where(p => p.Info.IsLastOnPage).Select(p => p.Info.PageGranule).ShouldBe([0, 2, 3, 4]);
        received[^1].Info.IsOnLastPage.ShouldBeTrue();
    }

    [Fact]
    public void The_first_Opus_stream_is_taken_from_among_others()
    {
        var (wanted, other) = (Packets([50, 700, 20, 30], 1), Packets([80, 90, 900], 2));
        other[0][0] = (byte)'X';
        var (a, b, c) = (Pages(Stream(1, wanted, 2)), Pages(Stream(2, other, 2)), Pages(Stream(3, Packets([60, 60], 3), 2)));
        // All first pages come first, then the rest in turn.
        List<byte[]> mixed = [b[0], a[0], c[0]];
        for (var i = 1; i < Math.Max(a.Count, Math.Max(b.Count, c.Count)); i++)
            mixed.AddRange(new[] { c, b, a }.Where(pages => i < pages.Count).Select(pages => pages[i]));

        var received = ReadAll(new OggPacketReader(), [.. mixed.SelectMany(page => page)], 4, 333);

        received.Select(p => p.Hex).ShouldBe(wanted.Select(Convert.ToHexString));
    }

    [Fact]
    public void A_chained_stream_begins_anew_also_when_the_first_was_never_ended()
    {
        var (first, second) = (Packets([50, 100], 1), Packets([50, 200], 2));
        var ended = Stream(1, first, 255);
        var cut = Pages(ended)[..^1].SelectMany(page => page);
        foreach (var start in (byte[][])[ended, [.. cut, .. Pages(Stream(1, [.. first, [9]], 1))[1]]])
        {
            var received = ReadAll(new OggPacketReader(), [.. start, .. Stream(1, second, 255)], 0, 5000);

            received.Count(p => p.Info.BeginsStream).ShouldBe(2);
            received.TakeLast(3).Select(p => p.Hex).ShouldBe(second.Select(Convert.ToHexString));
        }
    }

    [Fact]
    public void A_lost_page_loses_only_the_packets_that_touch_it()
    {
        var sent = Packets([200, 200, 900, 200, 200], 1);
        // Two lacing values a page: the packet of 900 lies over three pages.
        var pages = Pages(Stream(1, sent, 2));
        for (var lost = 1; lost < pages.Count; lost++)
        {
            var reader = new OggPacketReader();
            var received = ReadAll(reader, [.. pages.Where((_, i) => i != lost).SelectMany(page => page)], 0, 5000);

            var whole = sent.Select(Convert.ToHexString).ToList();
            received.ShouldAllBe(p => whole.Contains(p.Hex));
            received.Count.ShouldBeGreaterThanOrEqualTo(sent.Count - 2);
            reader.Gaps.ShouldBe(lost == pages.Count - 1 ? 0 : 1);
            received.Count(p => p.Info.FollowsGap).ShouldBe((int)reader.Gaps);
        }
    }

    [Fact]
    public void A_packet_of_megabytes_is_cut_off_and_passed_over_in_bounded_memory()
    {
        var sent = Packets([5_000_000, 40], 1);
        var stream = Stream(1, sent, 255);
        var reader = new OggPacketReader();
        var before = GC.GetAllocatedBytesForCurrentThread();
        var (sizes, truncated) = (new List<int>(), new List<bool>());
        var rest = stream.AsSpan();
        while (reader.TryRead(rest, out var consumed, out var packet))
        {
            rest = rest[consumed..];
            sizes.Add(packet.Data.Length);
            truncated.Add(packet.IsTruncated);
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(600_000);
        sizes.ShouldBe([sent[0].Length, OggPacketReader.MaxPacketBytes, 40]);
        truncated.ShouldBe([false, true, false]);
    }

    /// <summary>An OpusHead, then packets of these sizes.</summary>
    private static List<byte[]> Packets(IEnumerable<int> sizes, int seed)
    {
        var random = new Random(seed);
        var head = new byte[OpusHead.Bytes];
        new OpusHead(1, 312, 16_000, 0).Write(head);
        return [head, .. sizes.Select(size =>
        {
            var packet = new byte[size];
            random.NextBytes(packet);
            return packet;
        })];
    }

    private static byte[] Stream(uint serial, List<byte[]> packets, int lacing) => Signals.CollectBytes(output =>
    {
        var writer = new OggStreamWriter(output, serial, lacing);
        for (var i = 0; i < packets.Count; i++)
        {
            writer.WritePacket(packets[i], i);
            if (i == 0)
                writer.FlushPage();
        }
        writer.FlushPage(endOfStream: true);
    });

    private static List<byte[]> Pages(byte[] stream)
    {
        var pages = new List<byte[]>();
        var reader = new OggPageReader();
        for (var start = 0; reader.TryRead(stream.AsSpan(start), out var consumed, out _); start += consumed)
            pages.Add(stream[start..(start + consumed)]);
        return pages;
    }

    private static List<(string Hex, OggPacket Info)> ReadAll(OggPacketReader reader, byte[] stream, int seed, int largestPiece)
    {
        var packets = new List<(string, OggPacket)>();
        foreach (var range in Signals.Pieces(stream.Length, seed, largestPiece))
        {
            var piece = stream.AsSpan(range);
            while (reader.TryRead(piece, out var consumed, out var packet))
            {
                piece = piece[consumed..];
                packets.Add((Convert.ToHexString(packet.Data.Span), packet));
            }
        }
        return packets;
    }
}
