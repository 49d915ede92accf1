using Speech.Contracts.Server;

namespace Speech.Contracts.Tests;

public class ResultEnvelopeTests
{
    [Fact]
    public void A_result_keeps_its_seq_beside_its_map() => Properties.HoldFor(Messages.Result, result =>
    {
        var seq = result is FinalResult final ? final.Seq : 0;
        var read = ResultEnvelope.Read(new ResultEnvelope(seq, result).ToArray());
        read.Seq.ShouldBe(seq);
        read.Result.ShouldSay(result);

        var map = ResultEnvelope.WriteResult(result);
        System.Text.Encoding.Latin1.GetString(map).ShouldNotContain("\u00a3seq"); // a string of three bytes
        ResultEnvelope.ReadResult(map, seq).ShouldSay(result);
    });

    [Theory]
    [InlineData("91 01", "expected the array [seq, result], found 1 elements")]
    [InlineData("92 01 81 a474797065 a4646f6e65", "'done' is not a result")]
    [InlineData("92 01 81 a474797065 a4646f6e65 00", "1 bytes after the end")]
    [InlineData("92 cf7fffffffffffffff 81 a474797065 a4646f6e65", "a result with the seq 9223372036854775807")]
    [InlineData("92 00 85 a474797065 ab7472616e736c6174696f6e a77365676d656e74 00 a86c616e6775616765 a26672 a474657874 a0 a3736571 05",
        "should be 1 or more")]
    [InlineData("92 01 84 a474797065 a77061727469616c a77365676d656e74 00 a87265766973696f6e 00 a474657874 a0", "should have none")]
    public void Anything_else_is_refused(string hex, string reason) =>
        Should.Throw<MalformedMessageException>(
            () => ResultEnvelope.Read(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)))).Reason.ShouldContain(reason);
}
