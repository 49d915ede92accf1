using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Speech.Redis.Tests.Protocol;

public class RespWriterTests
{
    [Fact]
    public void A_command_is_an_array_of_bulk_strings()
    {
        var text = Encode("SET", "kéy", new byte[] { 65, 66 }, -12, new byte[] { 1, 2, 67, 3 }.AsMemory(2, 1), 1.5, new StreamId(7, 8), default);
        text.ShouldBe("*8\r\n$3\r\nSET\r\n$4\r\nkéy\r\n$2\r\nAB\r\n$3\r\n-12\r\n$1\r\nC\r\n$3\r\n1.5\r\n$3\r\n7-8\r\n$0\r\n\r\n");
    }

    [Fact]
    public void A_null_argument_is_refused_by_name()
    {
        Should.Throw<ArgumentNullException>(() => (RedisArgument)(string)null!);
        Should.Throw<ArgumentNullException>(() => (RedisArgument)(byte[])null!);
    }

    [Fact]
    public void Whatever_is_written_reads_back()
    {
        Prop.ForAll<string[], long[], byte[][]>((texts, numbers, blobs) =>
        {
            RedisArgument[] arguments =
            [
                "X", .. texts.Select(text => (RedisArgument)(text ?? "")), .. numbers.Select(number => (RedisArgument)number),
                .. blobs.Select(blob => (RedisArgument)(blob ?? [])),
            ];
            string[] expected =
            [
                "X", .. texts.Select(text => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text ?? ""))),
                .. numbers.Select(number => $"{number}"), .. blobs.Select(blob => Encoding.UTF8.GetString(blob ?? [])),
            ];
            var pieces = new Pieces(new RespReader(RespLimits.Default));
            pieces.Feed(EncodeBytes(arguments));
            return pieces.Replies.Single().Items.ToArray().Select(item => item.AsString()!).SequenceEqual(expected);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public async Task Arguments_larger_than_the_buffers_pass_whole()
    {
        var blob = new byte[300_000];
        new Random(1).NextBytes(blob);
        var text = string.Concat(Enumerable.Repeat("häß€𝄞", 20_000));
        var pipe = new Pipe(new PipeOptions(minimumSegmentSize: 256, pauseWriterThreshold: 0));
        var written = RespWriter.Write(pipe.Writer, ["SET", text, blob]);
        await pipe.Writer.CompleteAsync();
        var all = (await pipe.Reader.ReadAtLeastAsync(written)).Buffer;
        all.Length.ShouldBe(written);
        written.ShouldBeLessThanOrEqualTo(RespWriter.MaxLength(["SET", text, blob]));
        var input = new SequenceReader<byte>(all);
        new RespReader(RespLimits.Default).TryRead(ref input, out var command).ShouldBeTrue();
        command[1].AsString().ShouldBe(text);
        command[2].AsBytes()!.AsSpan().SequenceEqual(blob).ShouldBeTrue();
    }

    private static string Encode(params ReadOnlySpan<RedisArgument> arguments) => Encoding.UTF8.GetString(EncodeBytes(arguments));

    private static byte[] EncodeBytes(ReadOnlySpan<RedisArgument> arguments)
    {
        var output = new ArrayBufferWriter<byte>();
        RespWriter.Write(output, arguments).ShouldBe(output.WrittenCount);
        return output.WrittenSpan.ToArray();
    }
}
