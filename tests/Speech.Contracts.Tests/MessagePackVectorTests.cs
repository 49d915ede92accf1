using System.Buffers;
using MessagePack;
using Speech.Contracts.Client;
using Speech.Contracts.MessagePack;

namespace Speech.Contracts.Tests;

/// <summary>Bytes written by hand after the specification.</summary>
public class MessagePackVectorTests
{
    [Theory]
    [InlineData(0, "00")]
    [InlineData(127, "7f")]
    [InlineData(128, "cc80")]
    [InlineData(255, "ccff")]
    [InlineData(256, "cd0100")]
    [InlineData(65535, "cdffff")]
    [InlineData(65536, "ce00010000")]
    [InlineData(4294967295, "ceffffffff")]
    [InlineData(4294967296, "cf0000000100000000")]
    [InlineData(long.MaxValue, "cf7fffffffffffffff")]
    [InlineData(-1, "ff")]
    [InlineData(-32, "e0")]
    [InlineData(-33, "d0df")]
    [InlineData(-128, "d080")]
    [InlineData(-129, "d1ff7f")]
    [InlineData(-32768, "d18000")]
    [InlineData(-32769, "d2ffff7fff")]
    [InlineData(int.MinValue, "d280000000")]
    [InlineData(-2147483649, "d3ffffffff7fffffff")]
    [InlineData(long.MinValue, "d38000000000000000")]
    public void Integers_take_their_shortest_form(long value, string hex)
    {
        Write((ref MessagePackWriter writer) => writer.Write(value)).ShouldBe(hex);
        new CheckedReader(Convert.FromHexString(hex)).ReadInt64().ShouldBe(value);
    }

    [Theory]
    [InlineData("05")]
    [InlineData("cc05")]
    [InlineData("cd0005")]
    [InlineData("ce00000005")]
    [InlineData("cf0000000000000005")]
    [InlineData("d005")]
    [InlineData("d10005")]
    [InlineData("d200000005")]
    [InlineData("d30000000000000005")]
    public void An_integer_of_any_width_is_read_as_integer_and_as_number(string hex)
    {
        var bytes = Convert.FromHexString(hex);
        new CheckedReader(bytes).ReadInt32().ShouldBe(5);
        new CheckedReader(bytes).ReadInt64().ShouldBe(5);
        new CheckedReader(bytes).ReadDouble().ShouldBe(5.0);
    }

    [Fact]
    public void Integers_that_do_not_fit_are_refused()
    {
        Fails("cf8000000000000000", (ref CheckedReader reader) => reader.ReadInt64()).ShouldContain("too large");
        Fails("ce80000000", (ref CheckedReader reader) => reader.ReadInt32()).ShouldContain("too large");
        new CheckedReader(Convert.FromHexString("cfffffffffffffffff")).ReadDouble().ShouldBe(ulong.MaxValue);
    }

    [Theory]
    [InlineData("ca3f800000", 1.0)]
    [InlineData("cb3ff0000000000000", 1.0)]
    [InlineData("cb3fb999999999999a", 0.1)]
    [InlineData("cb7ff0000000000000", double.PositiveInfinity)]
    public void Floats_of_both_widths_are_read(string hex, double value) =>
        new CheckedReader(Convert.FromHexString(hex)).ReadDouble().ShouldBe(value);

    [Fact]
    public void A_float_is_not_an_integer() =>
        Fails("cb3ff0000000000000", (ref CheckedReader reader) => reader.ReadInt64()).ShouldContain("expected an integer, found a float");

    [Theory]
    [InlineData(0, "a0")]
    [InlineData(31, "bf")]
    [InlineData(32, "d920")]
    [InlineData(255, "d9ff")]
    [InlineData(256, "da0100")]
    [InlineData(65535, "daffff")]
    [InlineData(65536, "db00010000")]
    public void Strings_have_four_kinds_of_header(int length, string header)
    {
        var text = new string('x', length);
        var hex = Write((ref MessagePackWriter writer) => writer.Write(text));
        hex.ShouldBe(header + string.Concat(Enumerable.Repeat("78", length)));
        new CheckedReader(Convert.FromHexString(hex)).ReadString(length).ShouldBe(text);
        if (length > 0)
            Fails(hex, (ref CheckedReader reader) => reader.ReadString(length - 1)).ShouldContain("allowed are");
    }

    [Theory]
    [InlineData(0, "c400")]
    [InlineData(255, "c4ff")]
    [InlineData(256, "c50100")]
    [InlineData(65536, "c600010000")]
    public void Binary_has_three_kinds_of_header(int length, string header)
    {
        var data = new byte[length];
        var hex = Write((ref MessagePackWriter writer) => writer.Write(data));
        hex[..header.Length].ShouldBe(header);
        new CheckedReader(Convert.FromHexString(hex)).ReadBinary(length).Length.ShouldBe(length);
    }

    [Theory]
    [InlineData(15, "9f", "8f")]
    [InlineData(16, "dc0010", "de0010")]
    [InlineData(65536, "dd00010000", "df00010000")]
    public void Arrays_and_maps_have_three_kinds_of_header(int count, string array, string map)
    {
        Write((ref MessagePackWriter writer) => writer.WriteArrayHeader(count)).ShouldBe(array);
        Write((ref MessagePackWriter writer) => writer.WriteMapHeader(count)).ShouldBe(map);
        var zeros = string.Concat(Enumerable.Repeat("00", count * 2));
        new CheckedReader(Convert.FromHexString(array + zeros)).ReadArrayHeader().ShouldBe(count);
        new CheckedReader(Convert.FromHexString(map + zeros)).ReadMapHeader().ShouldBe(count);
    }

    [Theory]
    [InlineData("dd7fffffff00")] // two thousand million elements, one byte of them there
    [InlineData("ddffffffff")]
    [InlineData("9f00")]
    public void A_count_is_believed_only_when_as_many_bytes_are_there(string hex) =>
        Fails(hex, (ref CheckedReader reader) => reader.ReadArrayHeader()).ShouldContain("ends in the middle");

    [Theory]
    [InlineData("dfffffffff000000")]
    [InlineData("820000 00")]
    public void A_pair_takes_two_bytes(string hex) =>
        Fails(hex.Replace(" ", "", StringComparison.Ordinal), (ref CheckedReader reader) => reader.ReadMapHeader())
            .ShouldContain("ends in the middle");

    [Theory]
    [InlineData("c0")]
    [InlineData("c3")]
    [InlineData("ca00000000")]
    [InlineData("d40100")] // extensions: fixed 1, 2, 4, 8, 16
    [InlineData("d5010000")]
    [InlineData("d60100000000")]
    [InlineData("d7010000000000000000")]
    [InlineData("d80100000000000000000000000000000000")]
    [InlineData("c7020111 22")] // and of any length
    [InlineData("c80002011122")]
    [InlineData("c900000002011122")]
    [InlineData("c7000 1")]
    [InlineData("83a161 9201c0 a162 81c0c3 01 d40100")] // {"a": [1, nil], "b": {nil: true}, 1: ext}
    public void Any_value_can_be_skipped_whole(string hex)
    {
        var reader = new CheckedReader(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal) + "2a"));
        reader.Skip();
        reader.ReadInt64().ShouldBe(42);
        reader.ReadEnd();
    }

    [Fact]
    public void Nesting_is_limited()
    {
        var deepest = string.Concat(Enumerable.Repeat("91", CheckedReader.MaxDepth)) + "00";
        var reader = new CheckedReader(Convert.FromHexString(deepest));
        reader.Skip();
        reader.AtEnd.ShouldBeTrue();

        Fails("91" + deepest, (ref CheckedReader reader) => reader.Skip()).ShouldContain("nested more than 32 deep");
        var bomb = string.Concat(Enumerable.Repeat("91", 1_000_000)) + "00";
        Fails(bomb, (ref CheckedReader reader) => reader.Skip()).ShouldContain("nested");
    }

    [Fact]
    public void Every_cut_of_a_value_is_an_error()
    {
        foreach (var hex in (string[])["cd0100", "cb3ff0000000000000", "d903616263", "c403616263", "c703016162 63", "82a16101a16202"])
        {
            var whole = Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
            for (var length = 0; length < whole.Length; length++)
            {
                var cut = Convert.ToHexString(whole.AsSpan(0, length));
                Fails(cut, (ref CheckedReader reader) => reader.Skip()).ShouldContain("ends in the middle");
            }
        }
    }

    [Fact]
    public void The_unused_code_bad_UTF8_and_trailing_bytes_are_errors()
    {
        Fails("c1", (ref CheckedReader reader) => reader.Skip()).ShouldContain("0xc1");
        Fails("a2c328", (ref CheckedReader reader) => reader.ReadString(10)).ShouldContain("not UTF-8");
        Fails("a3eda080", (ref CheckedReader reader) => reader.ReadString(10)).ShouldContain("not UTF-8"); // a surrogate
        Fails("0000", (ref CheckedReader reader) =>
        {
            reader.Skip();
            reader.ReadEnd();
        }).ShouldContain("1 bytes after the end");
    }

    [Fact]
    public void A_message_over_its_limit_is_refused_before_it_is_read() =>
        Should.Throw<MalformedMessageException>(() => new CheckedReader(new byte[11], maxBytes: 10).Skip()).Reason
            .ShouldContain("allowed are 10");

    private delegate void WriteAction(ref MessagePackWriter writer);

    private delegate void ReadAction(ref CheckedReader reader);

    private static string Write(WriteAction write)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(output);
        write(ref writer);
        writer.Flush();
        return Convert.ToHexStringLower(output.WrittenSpan);
    }

    private static string Fails(string hex, ReadAction read) =>
        Should.Throw<MalformedMessageException>(() =>
        {
            var reader = new CheckedReader(Convert.FromHexString(hex));
            read(ref reader);
        }).Reason;
}
