using System.Text;

namespace Speech.Redis.Tests.Protocol;

public class RespReaderFuzzTests
{
    private static readonly byte[] Alphabet = "+-:$*%~>|_#,(!=tf0123456789.\r\n\r\n\r\nab"u8.ToArray();

    [Fact]
    public void Random_bytes_never_do_more_than_end_in_a_protocol_error()
    {
        var random = new Random(20250101);
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = new byte[random.Next(1, 200)];
            if (round % 2 == 0)
                random.NextBytes(bytes);
            else
                random.GetItems<byte>(Alphabet, bytes);
            FeedAndMeasure(bytes, random);
        }
    }

    [Fact]
    public void Mutated_replies_never_do_more_than_end_in_a_protocol_error()
    {
        var random = new Random(20250102);
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = RecordedReplies.Bytes(RecordedReplies.All[random.Next(RecordedReplies.All.Length)].Wire).ToList();
            for (var mutations = random.Next(1, 4); mutations > 0 && bytes.Count > 0; mutations--)
            {
                var at = random.Next(bytes.Count);
                switch (random.Next(4))
                {
                    case 0: bytes[at] = (byte)random.Next(256); break;
                    case 1: bytes[at] = Alphabet[random.Next(Alphabet.Length)]; break;
                    case 2: bytes.RemoveAt(at); break;
                    default: bytes.InsertRange(at, Encoding.ASCII.GetBytes($"{random.NextInt64()}")); break;
                }
            }
            FeedAndMeasure([.. bytes], random);
        }
    }

    [Fact]
    public void Deep_nests_of_announced_aggregates_cost_little()
    {
        var random = new Random(20250103);
        for (var round = 0; round < 200; round++)
        {
            var wire = string.Concat(Enumerable.Range(0, 40).Select(_ => $"{"*~%|"[random.Next(4)]}{random.Next(1, 3_000_000)}\r\n"));
            FeedAndMeasure(RecordedReplies.Bytes(wire), random);
        }
    }

    // Memory may follow what came (a value takes more room than its three bytes on the wire) but not what was announced.
    private static void FeedAndMeasure(byte[] bytes, Random random)
    {
        var pieces = new Pieces(new RespReader(RespLimits.Default));
        try
        {
            foreach (var piece in bytes.Chunk(random.Next(1, bytes.Length + 1)))
                pieces.Feed(piece);
        }
        catch (RedisProtocolException)
        {
            // the one thing that may happen
        }
        pieces.Allocated.ShouldBeLessThan(100_000 + 200L * bytes.Length);
    }
}
