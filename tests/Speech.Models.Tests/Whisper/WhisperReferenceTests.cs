using Speech.Evaluation;
using Speech.Models.Whisper;
using Speech.Tensors.Cpu;
using Speech.Tensors.Ggml;

namespace Speech.Models.Tests.Whisper;

/// <summary>
/// The engine against whisper.cpp (greedy, full 30 s window, its flash attention off) on every recording of the checkout.
/// </summary>
[Collection(nameof(NanoModel))]
public class WhisperReferenceTests(NanoModel nano)
{
    [Trait("Speed", "Slow")]
    [Theory]
    [InlineData("whispercpp-reference.tsv", false)]
    [InlineData("whispercpp-reference-timestamps.tsv", true)]
    public void Every_token_is_whisper_cpps_and_log_probabilities_are_within_two_hundredths(string file, bool timestamps)
    {
        var references = Recordings.References(file);
        references.Count.ShouldBe(115);
        var transcriptions = nano.Transcribe(AudioContext.Full, timestamps);
        var compared = 0;
        foreach (var reference in references)
        {
            var ours = transcriptions[(reference.Set, reference.Id)];
            ours.Tokens.Where(token => token != nano.Model.Tokenizer.EndOfText).ShouldBe(reference.Tokens, reference.Id);
            ours.Text.ShouldBe(reference.Text);
            foreach (var (probability, expected) in ours.LogProbabilities.Zip(reference.LogProbabilities))
            {
                probability.ShouldBe(expected, 0.02f, reference.Id);
                compared++;
            }
        }

        compared.ShouldBeGreaterThan(80);
    }

    [Fact]
    public void The_shortened_audio_context_costs_at_most_half_a_point_of_word_errors()
    {
        var full = WordErrors(nano.Transcribe(AudioContext.Full, timestamps: false));
        var shortened = WordErrors(nano.Transcribe(AudioContext.Auto, timestamps: false));
        full.Words.ShouldBe(399);
        (100.0 * (shortened.Errors - full.Errors) / full.Words).ShouldBeLessThanOrEqualTo(0.5);
    }

    [Fact]
    public void An_8_bit_model_is_within_a_point_of_the_16_bit_one_and_its_bytes_give_the_text_of_their_floats()
    {
        using var file = new TemporaryFile();
        QuantisedWhisperFile.Write(Checkout.Path("shared/models/nano.en/ggml-nano.en.bin"), file.Path, GgmlType.Q8_0);
        using var device = new CpuDevice();
        using var model = WhisperModel.Load(file.Path, device, trainedForShortContext: true);
        using var engine = new WhisperEngine(model);

        using var widened = WhisperModel.Load(file.Path, device, trainedForShortContext: true, widenWeights: true);
        using var widenedEngine = new WhisperEngine(widened);

        var transcriptions = NanoModel.Transcribe(engine, AudioContext.Auto, timestamps: false);
        var ofFloats = NanoModel.Transcribe(widenedEngine, AudioContext.Auto, timestamps: false);

        foreach (var (recording, transcription) in transcriptions)
            transcription.Text.ShouldBe(ofFloats[recording].Text);
        var errors = WordErrors(transcriptions);
        (100.0 * errors.Errors / errors.Words).ShouldBeInRange(5.5, 7.5);
    }

    private static WordErrorRate WordErrors(Dictionary<(string Set, string Id), Transcription> transcriptions) =>
        Recordings.All.Where(recording => recording.Set == "an4").Aggregate(
            default(WordErrorRate), (sum, recording) =>
                sum + WordErrorRate.Of(recording.Text, transcriptions[(recording.Set, recording.Id)].Text));
}
