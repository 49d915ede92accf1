using Speech.Evaluation;
using Speech.Models.Whisper;
using Speech.Tensors.Cpu;

namespace Speech.Models.Tests.Whisper;

/// <summary>
/// Prompts never make results much worse. The built-in model follows none: whisper.cpp's results with a prompt are as bad as ours without a
/// guard. As it goes astray with every long prompt, it shows what the guard does for models that do follow prompts.
/// </summary>
[Collection(nameof(NanoModel))]
public class PromptTests(NanoModel nano)
{
    private const string English =
        "This is a call about the delivery of a parcel to Mr Johnson in Edinburgh; please note the order and the address. ";
    private const string French = "Bonjour à tous, voici l'élève Étienne qui préfère la forêt ; où êtes-vous né ? ";

    [Trait("Speed", "Slow")]
    [Theory]
    [InlineData(English, 400, 1, 3)]
    [InlineData(English, 1000, 1, 1)]
    [InlineData(French, 1000, 1, 1)]
    [InlineData(English, 1000, 5, 1)]
    public void With_a_long_prompt_word_errors_are_near_those_without(string text, int bytes, int beams, double points)
    {
        var recordings = Recordings.All.Where(recording => recording.Set == "an4").ToArray();
        WordErrorRate Errors(string? prompt) => nano.Engine
            .Transcribe([.. recordings.Select(recording => new TranscriptionRequest(
                recording.Samples) { Options = new() { Prompt = prompt, AudioContext = AudioContext.Auto, BeamSize = beams } })])
            .Zip(recordings)
            .Aggregate(default(WordErrorRate), (sum, pair) => sum + WordErrorRate.Of(pair.Second.Text, pair.First.Text));

        var plain = Errors(null);
        var prompted = Errors(string.Concat(Enumerable.Repeat(text, 13))[..bytes]);

        (100 * (prompted.Rate - plain.Rate)).ShouldBeLessThanOrEqualTo(points);
    }

    [Fact]
    public void A_prompt_that_misleads_costs_one_more_decode_and_the_result_is_that_without()
    {
        var samples = Recordings.All.Single(recording => recording.Id == "cen2-fcaw-b").Samples;
        var plain = Transcribe(samples, new());

        var prompted = Transcribe(samples, new() { Prompt = string.Concat(Enumerable.Repeat(English, 9)) });

        prompted.Tokens.ShouldBe(plain.Tokens);
        prompted.LogProbabilities.ShouldBe(plain.LogProbabilities);
    }

    [Fact]
    public void A_result_that_is_good_with_its_prompt_stays()
    {
        var samples = Recordings.All[0].Samples;
        var prompted = Transcribe(samples, new() { Prompt = "enter six two four" });
        prompted.LogProbabilities.ShouldNotBe(Transcribe(samples, new()).LogProbabilities);
    }

    [Fact]
    public void A_failed_result_is_tried_without_the_prompt_before_the_next_temperature()
    {
        var samples = Recordings.All.Single(recording => recording.Id == "cen2-fcaw-b").Samples;
        DecodingOptions options =
            new() { Prompt = string.Concat(Enumerable.Repeat(English, 9)), Temperatures = [0, 0.2, 0.4, 0.6, 0.8, 1.0] };
        Transcribe(samples, options).Segments.ShouldHaveSingleItem().Temperature.ShouldBe(0);
        Transcribe(samples, options with { LogProbabilityThreshold = 0 }).Segments.ShouldHaveSingleItem().Temperature.ShouldBe(1);
    }

    [Theory]
    [InlineData("<|endoftext|> <|fr|> <|startoftranscript|> <|nospeech|> <|0.00|>")]
    [InlineData("Здравствуйте, это проверка. नमस्ते 你好 🎙️")]
    [InlineData("\u0001\u001b[31m\t\r\n\u200b\ufffd")]
    [InlineData("zero width \u200d and \ud800 half a pair")]
    public void Any_text_may_be_a_prompt_and_no_text_in_it_is_a_special_token(string prompt)
    {
        nano.Model.Tokenizer.Encode(prompt).ShouldAllBe(token => token < nano.Model.Tokenizer.EndOfText);
        Transcribe(Recordings.All[0].Samples, new() { Prompt = prompt }).Text.ShouldStartWith(" rubout");
    }

    [Fact]
    public void A_model_that_follows_no_prompts_is_given_none()
    {
        using var device = new CpuDevice(threads: 2);
        using var model = WhisperModel.Load(
            Checkout.Path("shared/models/nano.en/ggml-nano.en.bin"), device, trainedForShortContext: true, takesPrompts: false);
        using var engine = new WhisperEngine(model);
        var requests = Recordings.All.Take(8).Select(recording => new TranscriptionRequest(recording.Samples)).ToArray();

        var plain = engine.Transcribe(requests);
        var prompted = engine.Transcribe([.. requests.Select(request => request with { Options = new() { Prompt = English } })]);

        prompted.Select(transcription => transcription.LogProbabilities)
            .ShouldBe(plain.Select(transcription => transcription.LogProbabilities));
    }

    private Transcription Transcribe(float[] samples, DecodingOptions options) =>
        nano.Engine.Transcribe([new TranscriptionRequest(samples) { Options = options }])[0];
}
