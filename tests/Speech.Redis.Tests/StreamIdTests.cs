using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Speech.Redis.Tests;

public class StreamIdTests
{
    [Fact]
    public void An_id_reads_back_from_its_text() => Prop.ForAll<ulong, ulong>((milliseconds, sequence) =>
    {
        var id = new StreamId(milliseconds, sequence);
        return StreamId.Parse(id.ToString()) == id && StreamId.TryParse(Encoding.ASCII.GetBytes(id.ToString()), out var other)
            && other == id;
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Ids_order_by_milliseconds_and_then_sequence()
    {
        StreamId[] ordered = [StreamId.Zero, new(0, 1), new(1, 0), new(1, ulong.MaxValue), new(2, 0), StreamId.Max];
        ordered.Reverse().Order().ShouldBe(ordered);
        (ordered[1] < ordered[2] && ordered[2] <= ordered[3] && ordered[5] > ordered[4] && ordered[4] >= ordered[4]).ShouldBeTrue();
    }

    [Fact]
    public void Next_is_the_smallest_greater_one()
    {
        new StreamId(5, 6).Next().ShouldBe(new StreamId(5, 7));
        new StreamId(5, ulong.MaxValue).Next().ShouldBe(new StreamId(6, 0));
        Should.Throw<InvalidOperationException>(() => StreamId.Max.Next());
    }

    [Fact]
    public void An_id_without_a_sequence_has_sequence_zero() => StreamId.Parse("1700000000000").ShouldBe(new StreamId(1700000000000, 0));

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("1-")]
    [InlineData("-1")]
    [InlineData("1-2-3")]
    [InlineData("+1-2")]
    [InlineData(" 1-2")]
    [InlineData("18446744073709551616-0")]
    [InlineData("1-$")]
    [InlineData("١-٢")]
    [InlineData("00000000000000000000000000000000000000000000001-0")]
    public void What_is_no_id_is_refused(string text)
    {
        StreamId.TryParse(text, out _).ShouldBeFalse();
        Should.Throw<FormatException>(() => StreamId.Parse(text)).Message.ShouldContain("is not a stream id");
    }
}
