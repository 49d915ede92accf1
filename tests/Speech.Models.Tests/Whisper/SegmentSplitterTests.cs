using Speech.Models.Whisper.Decoding;

namespace Speech.Models.Tests.Whisper;

/// <summary>Hand-made transcripts of a window that begins at 30 s; a time t is <c>T(t)</c>.</summary>
[Collection(nameof(NanoModel))]
public class SegmentSplitterTests(NanoModel nano)
{
    private const int Start = 3000;
    private const int One = 530;
    private const int Two = 734;
    private const int End = 50256;

    [Fact]
    public void Pairs_of_times_cut_and_what_follows_the_last_pair_is_left_to_the_next_window()
    {
        var split = Cut(T(0), One, T(1), T(1.5), Two, T(3), T(4), One, End);
        split.Segments.Select(segment => (segment.Start, segment.End, segment.Text)).ShouldBe([(30.0, 31.0, " one"), (31.5, 33.0, " two")]);
        split.Advance.ShouldBe(300);
        split.EndsWithOneTime.ShouldBeFalse();
    }

    [Fact]
    public void A_single_time_at_the_end_closes_the_window()
    {
        var split = Cut(T(0), One, T(1), T(1.5), Two, T(3), End);
        split.Segments.Select(segment => segment.Text).ShouldBe([" one", " two"]);
        split.Segments[1].Tokens.ShouldBe([T(1.5), Two, T(3)]);
        split.Segments[1].LogProbabilities.ShouldBe([-3, -4, -5]);
        split.Advance.ShouldBe(2000);
        split.EndsWithOneTime.ShouldBeTrue();
    }

    [Fact]
    public void Without_pairs_the_window_is_one_segment_up_to_its_last_time()
    {
        var split = Cut(T(0), One, Two, T(2.5), End);
        split.Segments.ShouldHaveSingleItem().End.ShouldBe(32.5);
        split.Advance.ShouldBe(2000);
    }

    [Fact]
    public void Without_times_the_window_is_one_segment_of_its_length()
    {
        var split = Cut(One, Two, End);
        var segment = split.Segments.ShouldHaveSingleItem();
        (segment.Start, segment.End, segment.Text).ShouldBe((30.0, 50.0, " one two"));
        segment.Tokens.ShouldBe([One, Two]);
        split.Advance.ShouldBe(2000);
    }

    [Fact]
    public void A_segment_of_blank_text_or_no_duration_is_emptied()
    {
        var split = Cut(T(0), 198, T(1), T(1), One, T(1), T(2), Two, T(3), End);
        split.Segments.Select(segment => segment.Text).ShouldBe(["", "", " two"]);
        split.Segments[0].Tokens.ShouldBeEmpty();
    }

    [Fact]
    public void An_empty_transcript_is_an_empty_segment_and_the_window_is_done()
    {
        var split = Cut(End);
        split.Segments.ShouldHaveSingleItem().Text.ShouldBeEmpty();
        split.Advance.ShouldBe(2000);
    }

    private static int T(double seconds) => 50363 + (int)Math.Round(seconds / 0.02);

    private SegmentSplitter.Split Cut(params int[] tokens)
    {
        var result = new WindowResult(
            tokens, [.. tokens.Select((_, i) => -(float)i)], nano.Model.Tokenizer.Decode(tokens), 0, 0, Seconds: 30, Looped: false);
        return SegmentSplitter.Cut(result, Start, windowFrames: 2000, nano.Model.Tokenizer);
    }
}
