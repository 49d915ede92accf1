using Speech.Models.Nllb;
using Speech.Models.Transformer;
using Speech.Tensors;

namespace Speech.Models.Tests.Nllb;

/// <summary>The model against PyTorch's results: the same tokens, scores and inner values within 1e-3.</summary>
[Collection(nameof(NanoNllbModel))]
public sealed class TranslationReferenceTests(NanoNllbModel nano)
{
    private const double Tolerance = 1e-3;

    [Theory]
    [InlineData("translation-reference.jsonl", 300)]
    [InlineData("translation-reference-hard.jsonl", 60)]
    public void Greedy_search_finds_the_references(string file, int count)
    {
        var references = NanoNllbModel.References(file);
        references.Count.ShouldBe(count);
        foreach (var (reference, translation) in references.Zip(Translate(references, new TranslationOptions())))
        {
            translation.Ids.ShouldBe(reference.GreedyIds, reference.Src);
            translation.Text.ShouldBe(reference.GreedyText);
            translation.Score.ShouldBe(reference.GreedySumLogprob, Tolerance);
        }
    }

    [Theory]
    [InlineData("translation-reference.jsonl", 300)]
    [InlineData("translation-reference-hard.jsonl", 60)]
    public void Beam_search_finds_the_references(string file, int count)
    {
        var references = NanoNllbModel.References(file);
        references.Count.ShouldBe(count);
        foreach (var (reference, translation) in references.Zip(Translate(references, new TranslationOptions { BeamSize = 4 })))
        {
            translation.Ids.ShouldBe(reference.BeamIds, reference.Src);
            translation.Text.ShouldBe(reference.BeamText);
            translation.Score.ShouldBe(reference.BeamScore, Tolerance);
        }
    }

    [Fact]
    public void Weights_in_8_bits_change_next_to_no_translation()
    {
        var references = NanoNllbModel.References("translation-reference.jsonl");
        using var model = NllbModel.Load(NanoNllb.Folder, nano.Device, WeightFormat.Int8Rows);
        using var engine = new NllbEngine(model, sequences: 32);
        var translations = engine.Translate(
            [.. references.Select(reference => model.Prepare(reference.Src, reference.SrcLang, reference.TgtLang))]);
        references.Zip(translations).Count(pair => pair.First.GreedyText == pair.Second.Text).ShouldBeGreaterThanOrEqualTo(297); // of 300
    }

    [Fact]
    public void Encoder_and_every_decoder_step_agree_with_the_references()
    {
        var detailed = NanoNllbModel.References("translation-reference.jsonl")
            .Where(reference => reference.EncoderFirstPosition is not null).ToArray();
        detailed.Length.ShouldBe(20);
        foreach (var reference in detailed)
        {
            var request = Prepare(reference, new TranslationOptions());
            request.Source.ShouldBe(reference.SrcIds);
            var encoded = nano.Model.Encode([request], [request.Source.Count]);
            ShouldBeNear(encoded.Row(0)[..8], reference.EncoderFirstPosition!);
            ShouldBeNear(encoded.Row(encoded.Rows - 1)[..8], reference.EncoderLastPosition!);

            using var memory = nano.Model.NewEncoderMemory();
            using var state = nano.Model.NewDecoderState();
            nano.Model.Encode([request], [memory]);
            nano.Model.Decode([new DecoderRow(memory, state, reference.GreedyIds[0], WantLogits: false)]);
            for (var i = 1; i < reference.GreedyIds.Length - 1; i++)
            {
                var logits = nano.Model.Decode([new DecoderRow(memory, state, reference.GreedyIds[i], WantLogits: true)]).Row(0);
                var logProbability = logits[reference.GreedyIds[i + 1]] - nano.Device.LogSumExp(logits);
                ((double)logProbability).ShouldBe(reference.GreedyStepLogprobs![i - 1], Tolerance);
            }
        }
    }

    [Fact]
    public void A_translation_does_not_depend_on_who_shares_the_batch()
    {
        var references = NanoNllbModel.References("translation-reference-hard.jsonl").Take(12).ToArray();
        var options = new TranslationOptions { BeamSize = 3 };
        var alone = references.Select(reference => Translate([reference], options)[0]).ToArray();
        foreach (var sequences in (int[])[3, 7, 48])
        {
            using var engine = new NllbEngine(nano.Model, sequences);
            var together = engine.Translate([.. references.Select(reference => Prepare(reference, options))]);
            foreach (var (ours, expected) in together.Zip(alone))
            {
                ours.Ids.ShouldBe(expected.Ids);
                ours.SumLogProbability.ShouldBe(expected.SumLogProbability);
            }
        }
    }

    private IReadOnlyList<TranslatedText> Translate(IReadOnlyList<ReferenceTranslation> references, TranslationOptions options) =>
        nano.Engine.Translate([.. references.Select(reference => Prepare(reference, options))]);

    private TranslationRequest Prepare(ReferenceTranslation reference, TranslationOptions options) =>
        nano.Model.Prepare(reference.Src, reference.SrcLang, reference.TgtLang, options);

    private static void ShouldBeNear(ReadOnlySpan<float> values, float[] expected)
    {
        for (var i = 0; i < expected.Length; i++)
            ((double)values[i]).ShouldBe(expected[i], Tolerance);
    }
}
