using Speech.Models.Whisper;

namespace Speech.Models.Tests.Whisper;

/// <summary>The rules around the decoder, with the real model.</summary>
[Collection(nameof(NanoModel))]
public class TranscriptionRuleTests(NanoModel nano)
{
    /// <summary>
    /// whisper.cpp's segments of a recording of 60 s in windows of 30 s, each window prompted with the text so far, as whisper.cpp does.
    /// Its last window differs: it drops the prompt in the last five seconds and does not demand a time first; openai/whisper does neither,
    /// nor do we.
    /// </summary>
    [Fact]
    public void A_long_recording_gives_whisper_cpps_segments()
    {
        var options = new DecodingOptions { Timestamps = true, ConditionOnPreviousText = true, RetryWithoutPrompt = false, AudioContext = AudioContext.Full };
        var segments = Transcribe(Recordings.Long1, options).Segments;
        var expected = Recordings.LongReferences;
        expected.Count.ShouldBe(10);
        segments.Count.ShouldBe(10);
        segments.Take(9).Select(segment => (segment.Start, segment.End, segment.Text)).ShouldBe(expected.Take(9));
    }

    [Trait("Speed", "Slow")]
    [Fact]
    public void Patient_beam_search_finds_texts_at_least_as_probable_as_greedy_ones()
    {
        float Sum(DecodingOptions options) => Recordings.All.Where(recording => recording.Set == "an4").Take(30)
            .Sum(recording => Transcribe(recording.Samples, options).LogProbabilities.Sum());
        Sum(new() { BeamSize = 5, Patience = 3, LengthPenalty = 0 }).ShouldBeGreaterThanOrEqualTo(Sum(new()) - 0.01f);
    }

    [Fact]
    public void A_failed_result_is_tried_again_at_the_next_temperature()
    {
        var samples = Recordings.All[0].Samples;
        DecodingOptions options = new() { Temperatures = [0, 0.2, 0.7], BestOf = 2 };
        Transcribe(samples, options).Segments[0].Temperature.ShouldBe(0);
        Transcribe(samples, options with { LogProbabilityThreshold = 0 }).Segments[0].Temperature.ShouldBe(0.7);
        Transcribe(samples, options with { CompressionRatioThreshold = 0.1 }).Segments[0].Temperature.ShouldBe(0.7);
    }

    [Fact]
    public void Draws_beams_and_fallbacks_have_the_same_result_alone_and_in_company()
    {
        DecodingOptions[] kinds =
        [
            new(),
            new() { BeamSize = 3 },
            new() { Temperatures = [0.8], BestOf = 3, Seed = 5 },
            new() { Temperatures = [0, 0.4], LogProbabilityThreshold = -0.05, BestOf = 2 },
            new() { Timestamps = true },
            new() { WordTimestamps = true },
            new() { Prompt = string.Concat(Enumerable.Repeat(" enter one two", 30)) },
        ];
        var requests = Recordings.All.Take(14)
            .Select((recording, i) => new TranscriptionRequest(recording.Samples) { Options = kinds[i % kinds.Length] }).ToArray();
        var alone = requests.Select(request => nano.Engine.Transcribe([request])[0]).ToArray();
        foreach (var (ours, expected) in nano.Engine.Transcribe(requests).Zip(alone))
        {
            ours.Tokens.ShouldBe(expected.Tokens);
            ours.LogProbabilities.ShouldBe(expected.LogProbabilities);
            ours.Words.ShouldBe(expected.Words);
        }
    }

    [Fact]
    public void A_prompt_is_before_the_text_not_in_it()
    {
        var samples = Recordings.All[0].Samples;
        var plain = Transcribe(samples, new());
        var prompted = Transcribe(samples, new() { Prompt = " rubout G M E F" });
        prompted.LogProbabilities.ShouldNotBe(plain.LogProbabilities);
        prompted.Text.ShouldStartWith(" rubout");
        prompted.Tokens.Count.ShouldBeLessThan(20);
    }

    [Fact]
    public void A_prompt_longer_than_the_model_takes_is_cut_to_its_end()
    {
        var many = string.Concat(Enumerable.Range(0, 2000).Select(i => i % 2 == 0 ? " one" : " two"));
        Transcribe(Recordings.All[0].Samples, new() { Prompt = many }).Tokens.ShouldNotBeEmpty();
    }

    [Fact]
    public void Requests_that_make_no_sense_are_refused_and_take_no_sequence()
    {
        void Refused(DecodingOptions options, string reason) =>
            Should.Throw<ArgumentException>(() => nano.Engine.Admit(new TranscriptionRequest(new float[100]) { Options = options })).Message
                .ShouldContain(reason);
        Refused(new() { BeamSize = 9 }, "sequences");
        Refused(new() { BeamSize = 0 }, "from 1 to 16");
        Refused(new() { Temperatures = [] }, "Temperatures");
        Refused(new() { Task = WhisperTask.Translate }, "multilingual");
        nano.Engine.FreeSequences.ShouldBe(nano.Engine.Sequences);
    }

    private Transcription Transcribe(float[] samples, DecodingOptions options) =>
        nano.Engine.Transcribe([new TranscriptionRequest(samples) { Options = options }])[0];
}
