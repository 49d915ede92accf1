using System.Buffers;
using System.IO.Pipelines;

namespace Speech.Redis.Tests.Protocol;

public class RespReaderTests
{
    public static IEnumerable<object[]> Replies => RecordedReplies.All.Select(reply => new object[] { reply.Wire, reply.Reading });

    [Theory]
    [MemberData(nameof(Replies))]
    public void A_reply_reads_the_same_however_it_is_cut_in_two(string wire, string reading)
    {
        var bytes = RecordedReplies.Bytes(wire);
        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            var reader = new RespReader(RespLimits.Default);
            var pieces = new Pieces(reader);
            pieces.Feed(bytes.AsSpan(0, cut));
            pieces.Replies.Count.ShouldBe(cut == bytes.Length ? 1 : 0, $"cut at {cut}");
            pieces.Feed(bytes.AsSpan(cut));
            pieces.Replies.Select(reply => reply.ToString()).ShouldBe([reading], $"cut at {cut}");
            reader.IsInsideReply.ShouldBeFalse();
        }
    }

    [Fact]
    public void A_conversation_reads_the_same_in_pieces_of_any_size()
    {
        var bytes = RecordedReplies.Conversation;
        foreach (var size in (int[])[1, 2, 3, 5, 7, 64, bytes.Length])
        {
            var pieces = new Pieces(new RespReader(RespLimits.Default));
            foreach (var piece in bytes.Chunk(size))
                pieces.Feed(piece);
            pieces.Replies.Select(reply => reply.ToString()).ShouldBe(RecordedReplies.All.Select(reply => reply.Reading));
        }
    }

    [Fact]
    public void A_buffer_of_one_byte_segments_reads_like_one_in_one_piece()
    {
        var input = new SequenceReader<byte>(Pieces.ToSequence([.. RecordedReplies.Conversation.Select(b => new[] { b })]));
        var reader = new RespReader(RespLimits.Default);
        foreach (var (_, reading) in RecordedReplies.All)
        {
            reader.TryRead(ref input, out var reply).ShouldBeTrue();
            reply.ToString().ShouldBe(reading);
        }
        input.End.ShouldBeTrue();
    }

    [Fact]
    public async Task A_conversation_through_a_pipe_reads_the_same_whatever_the_cut()
    {
        var bytes = RecordedReplies.Conversation;
        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            var pipe = new Pipe(new PipeOptions(minimumSegmentSize: 16));
            var reader = new RespReader(RespLimits.Default);
            var readings = new List<string>();
            foreach (var piece in (ReadOnlyMemory<byte>[])[bytes.AsMemory(0, cut), bytes.AsMemory(cut)])
            {
                await pipe.Writer.WriteAsync(piece);
                if (!pipe.Reader.TryRead(out var result))
                    continue;
                pipe.Reader.AdvanceTo(ReadAll(result.Buffer), result.Buffer.End);
            }
            readings.ShouldBe(RecordedReplies.All.Select(reply => reply.Reading), $"cut at {cut}");

            SequencePosition ReadAll(ReadOnlySequence<byte> buffer)
            {
                var input = new SequenceReader<byte>(buffer);
                while (reader.TryRead(ref input, out var reply))
                    readings.Add(reply.ToString());
                return input.Position;
            }
        }
    }

    [Theory]
    [InlineData("?\r\n")]
    [InlineData("\r\n")]
    [InlineData("+OK\n")]
    [InlineData(":\r\n")]
    [InlineData(":12a\r\n")]
    [InlineData(":9223372036854775808\r\n")]
    [InlineData("$-2\r\n")]
    [InlineData("$?\r\n")]
    [InlineData("*-2\r\n")]
    [InlineData("%-1\r\n")]
    [InlineData("~-1\r\n")]
    [InlineData("#x\r\n")]
    [InlineData("_x\r\n")]
    [InlineData(",1,5\r\n")]
    [InlineData("(\r\n")]
    [InlineData("(12x\r\n")]
    [InlineData("!-1\r\n")]
    [InlineData("$3\r\nabcd\r\n")]
    [InlineData("=3\r\ntxt\r\n")]
    [InlineData("=5\r\ntxt-a\r\n")]
    [InlineData("*1\r\n>1\r\n+a\r\n")]
    public void What_is_not_RESP_is_refused(string wire)
    {
        var error = Should.Throw<RedisProtocolException>(
            () => new Pieces(new RespReader(RespLimits.Default)).Feed(RecordedReplies.Bytes(wire)));
        error.Message.ShouldStartWith("The server");
    }

    [Theory]
    [InlineData("$2147483647\r\n")]
    [InlineData("$9223372036854775807\r\n")]
    [InlineData("*2147483647\r\n")]
    [InlineData("*9223372036854775807\r\n")]
    [InlineData("%9223372036854775807\r\n")]
    [InlineData("%1073741824\r\n")]
    [InlineData("|1073741824\r\n")]
    public void An_absurd_length_is_refused_before_anything_is_allocated(string wire)
    {
        var pieces = new Pieces(new RespReader(RespLimits.Default));
        var bytes = RecordedReplies.Bytes(wire);
        Should.Throw<RedisProtocolException>(() => pieces.Feed(bytes));
        pieces.Allocated.ShouldBeLessThan(100_000);
    }

    [Fact]
    public void Every_limit_is_kept()
    {
        var limits = new RespLimits { MaxBulkBytes = 8, MaxReplyBytes = 16, MaxLineBytes = 10, MaxElements = 6, MaxDepth = 3 };
        Reads("$8\r\n12345678\r\n").ShouldBeTrue();
        Reads("$9\r\n").ShouldBeFalse();
        Reads("*2\r\n$8\r\n12345678\r\n$8\r\n12345678\r\n").ShouldBeTrue();
        Reads("*3\r\n$8\r\n12345678\r\n$8\r\n12345678\r\n$1\r\n").ShouldBeFalse();
        Reads("+123456789\r\n").ShouldBeTrue();
        Reads("+1234567890\r\n").ShouldBeFalse();
        Reads("+12345678901").ShouldBeTrue(); // could still end
        Reads("+123456789012").ShouldBeFalse();
        Reads("*6\r\n").ShouldBeTrue();
        Reads("*7\r\n").ShouldBeFalse();
        Reads("*2\r\n*4\r\n").ShouldBeTrue();
        Reads("*2\r\n*5\r\n").ShouldBeFalse();
        Reads("%3\r\n").ShouldBeTrue();
        Reads("%4\r\n").ShouldBeFalse();
        Reads("*1\r\n*1\r\n*1\r\n:1\r\n").ShouldBeTrue();
        Reads("*1\r\n*1\r\n*1\r\n*1\r\n").ShouldBeFalse();

        // What one reply used up does not count against the next.
        var pieces = new Pieces(new RespReader(limits));
        for (var i = 0; i < 10; i++)
            pieces.Feed(RecordedReplies.Bytes("*6\r\n$8\r\n12345678\r\n$8\r\n12345678\r\n:1\r\n:1\r\n:1\r\n:1\r\n"));
        pieces.Replies.Count.ShouldBe(10);

        bool Reads(string wire)
        {
            try
            {
                new Pieces(new RespReader(limits)).Feed(RecordedReplies.Bytes(wire));
                return true;
            }
            catch (RedisProtocolException)
            {
                return false;
            }
        }
    }

    [Fact]
    public void A_large_string_is_copied_once()
    {
        const int length = 8 * 1024 * 1024;
        byte[] wire = [.. RecordedReplies.Bytes($"${length}\r\n"), .. new byte[length], .. "\r\n"u8];
        var sequence = Pieces.ToSequence([.. wire.Chunk(64 * 1024)]);
        var reader = new RespReader(RespLimits.Default);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var input = new SequenceReader<byte>(sequence);
        reader.TryRead(ref input, out var reply).ShouldBeTrue();
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        reply.AsBytes()!.Length.ShouldBe(length);
        allocated.ShouldBeLessThan(length + 10_000);
    }
}
