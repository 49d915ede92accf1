using Speech.Models.Whisper.Decoding;

namespace Speech.Models.Tests.Whisper;

/// <summary>The decoding rules on hand-made logits. In the English vocabulary 50256 ends a text and 50363 is 0.00 s.</summary>
[Collection(nameof(NanoModel))]
public class LogitRuleTests(NanoModel nano)
{
    private const int End = 50256;
    private const int Begin = 50363;
    private const int Word = 1000;

    private ApplyTimestampRules Rule => new(nano.Model.Tokenizer, nano.Model.Device);

    [Fact]
    public void A_transcript_does_not_begin_with_its_end_or_a_space()
    {
        var rule = new SuppressBlank(nano.Model.Tokenizer);
        Forbidden(rule, []).ShouldBe([220, End]);
        Forbidden(rule, [Word]).ShouldBeEmpty();
    }

    [Fact]
    public void Annotations_and_prompt_tokens_are_never_sampled()
    {
        var forbidden = Forbidden(new SuppressTokens(nano.Model.Tokenizer), [Word]);
        forbidden.ShouldContain(nano.Model.Tokenizer.StartOfTranscript);
        forbidden.ShouldContain(nano.Model.Tokenizer.NoSpeech);
        forbidden.ShouldContain(58);
        forbidden.ShouldNotContain(End);
        forbidden.ShouldNotContain(Begin);
    }

    [Fact]
    public void The_first_token_is_a_time_of_at_most_one_second() =>
        Allowed([]).ShouldBe(Enumerable.Range(Begin, 51));

    [Fact]
    public void After_the_first_time_comes_text() =>
        Allowed([Begin + 3]).ShouldAllBe(token => token < Begin);

    [Fact]
    public void After_a_segments_end_comes_a_start_not_earlier_or_the_end()
    {
        var allowed = Allowed([Begin, Word, Begin + 100]);
        allowed.Where(token => token < Begin && token < End).ShouldBeEmpty();
        allowed.Contains(End).ShouldBeTrue();
        allowed.Where(token => token >= Begin).Min().ShouldBe(Begin + 100);
    }

    [Fact]
    public void A_segment_ends_later_than_it_begins() =>
        Allowed([Begin, Word, Begin + 100, Begin + 100, Word]).Where(token => token >= Begin).Min().ShouldBe(Begin + 101);

    [Fact]
    public void Times_win_when_they_are_together_more_probable_than_the_best_word()
    {
        var logits = new float[51864];
        logits[Word] = 6;
        Rule.Apply(logits, [Begin, Word]);
        logits[Word].ShouldBe(float.NegativeInfinity);

        logits = new float[51864];
        logits[Word] = 8;
        Rule.Apply(logits, [Begin, Word]);
        logits[Word].ShouldBe(8);
    }

    private static int[] Forbidden(ILogitRule rule, int[] sampled)
    {
        var logits = new float[51864];
        rule.Apply(logits, sampled);
        return [.. Enumerable.Range(0, logits.Length).Where(token => float.IsNegativeInfinity(logits[token]))];
    }

    /// <summary>
    /// What may follow when one word and the end are far more probable than all times together, so that only the strict rules show.
    /// </summary>
    private int[] Allowed(int[] sampled)
    {
        var logits = new float[51864];
        logits[Word + 1] = logits[End] = 20;
        Rule.Apply(logits, sampled);
        return [.. Enumerable.Range(0, logits.Length).Where(token => !float.IsNegativeInfinity(logits[token]))];
    }
}
