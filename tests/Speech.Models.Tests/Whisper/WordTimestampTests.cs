using Speech.Models.Whisper;
using Speech.Models.Whisper.Timing;

namespace Speech.Models.Tests.Whisper;

[Collection(nameof(NanoModel))]
public class WordTimestampTests(NanoModel nano)
{
    [Theory]
    [InlineData(" Hello, world! It's 9.50", " Hello|,| world|!| It's| 9|.50")]
    [InlineData("one", "one")]
    public void Words_begin_with_a_space_or_are_punctuation(string text, string expected) =>
        Split(text, "en").ShouldBe(expected.Split('|'));

    [Fact]
    public void Where_nothing_is_spaced_characters_are_words() =>
        Split("日本語", "ja").ShouldBe(["日", "本", "語"]);

    [Fact]
    public void Punctuation_joins_its_word_and_words_share_out_to_their_segments()
    {
        List<WordTiming> alignment =
        [
            Word(" (", 0, 0.3), Word(" yes", 0.3, 0.6), Word(")", 0.6, 0.9), Word(" no", 1.0, 1.4), Word(".", 1.4, 1.7),
        ];
        var lastSpeechEnd = 0.0;
        var segments = WordTimestamps.Add(
            [Segment(10, 10.9, tokens: 3), Segment(11, 11.5, tokens: 2)], alignment, 10, ref lastSpeechEnd, endOfText: 50256);

        segments[0].Words!.Select(word => word.Text).ShouldBe([" ( yes)"]);
        segments[1].Words!.Select(word => (word.Text, word.Start, word.End)).ShouldBe([(" no.", 11.0, 11.4)]);
        lastSpeechEnd.ShouldBe(11.4);
    }

    [Fact]
    public void A_first_word_that_reaches_back_over_a_pause_is_shortened()
    {
        List<WordTiming> alignment = [Word(" yes", 0, 5), Word(" no", 5, 5.2), Word(" yes", 5.2, 5.4), Word(" no", 5.4, 5.6)];
        var lastSpeechEnd = 0.0;
        var segment = WordTimestamps.Add([Segment(0, 5.6, tokens: 4)], alignment, 0, ref lastSpeechEnd, endOfText: 50256)[0];
        segment.Words![0].Start.ShouldBe(4.6, 1e-9);
        segment.Start.ShouldBe(4.6, 1e-9);
    }

    [Fact]
    public void Every_word_of_a_recording_gets_a_time_within_it_in_order()
    {
        foreach (var recording in Recordings.All.Where(recording => recording.Set == "an4").Take(10))
        {
            var transcription =
                nano.Engine.Transcribe([new TranscriptionRequest(recording.Samples) { Options = new() { WordTimestamps = true } }])[0];
            var words = transcription.Words.ToArray();
            string.Concat(words.Select(word => word.Text)).ShouldBe(transcription.Text);
            words.ShouldAllBe(word => word.Start <= word.End && word.Probability > 0 && word.Probability <= 1);
            words.Select(word => word.Start).ShouldBeInOrder();
            words[^1].End.ShouldBeLessThanOrEqualTo((recording.Samples.Length / 16000.0) + 0.02);
        }
    }

    /// <summary>long-1.wav has a table of where each utterance is; its first is "enter two nine eight one" from 1.30 s to 2.89 s.</summary>
    [Fact]
    public void Words_lie_where_they_are_said()
    {
        var samples = Recordings.Long1[..(3 * 16000)];
        var words =
            nano.Engine.Transcribe([new TranscriptionRequest(samples) { Options = new() { WordTimestamps = true } }])[0].Words.ToArray();
        words.Select(word => word.Text).ShouldBe([" enter", " two", " nine", " eight", " one"]);
        words[1].Start.ShouldBeInRange(1.3, 2.2);
        words[^1].Start.ShouldBeInRange(2.0, 2.89);
    }

    private static WordTiming Word(string text, double start, double end) => new(text, [1], start, end, 0.9);

    private static TranscribedSegment Segment(double start, double end, int tokens) =>
        new(start, end, "", [.. Enumerable.Repeat(1, tokens)], [.. Enumerable.Repeat(-0.1f, tokens)], 0);

    private IEnumerable<string> Split(string text, string language) =>
        WordSplitter.Split(nano.Model.Tokenizer, nano.Model.Tokenizer.Encode(text), language).Select(word => word.Word);
}
