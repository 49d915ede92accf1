using Speech.Models.Transformer;
using Speech.Models.Whisper.Decoding;
using Speech.Tensors;

namespace Speech.Models.Tests.Whisper;

/// <summary>Greedy decoding, draws and beam search on hand-made logits over a vocabulary of five, of which 0 ends a text.</summary>
[Collection(nameof(NanoModel))]
public sealed class TokenDecoderTests(NanoModel nano) : IDisposable
{
    private const int End = 0;
    private readonly List<IDisposable> _disposables = [];

    [Fact]
    public void Greedy_takes_the_most_probable_and_notes_its_log_probability()
    {
        var decoder = new GreedyDecoder(nano.Model.Device, End, temperature: 0, seed: 0);
        var hypotheses = Hypotheses(1);
        decoder.Update(hypotheses, Rows([0, 2, 1, 0, 0]));
        hypotheses[0].Tokens.ShouldBe([1]);
        hypotheses[0].LogProbabilities[0].ShouldBe((float)(2 - Math.Log(Math.Exp(2) + Math.Exp(1) + 3)), 1e-5f);

        decoder.Update(hypotheses, Rows([9, 0, 0, 0, 0]));
        hypotheses.ShouldBeEmpty();
        decoder.Finished.ShouldHaveSingleItem().Tokens.ShouldBe([1, End]);
    }

    [Fact]
    public void Draws_follow_the_probabilities_never_take_what_is_forbidden_and_repeat_with_their_seed()
    {
        int[] Draw(int seed)
        {
            var decoder = new GreedyDecoder(nano.Model.Device, End, temperature: 1, seed);
            return [.. Enumerable.Range(0, 2000).Select(_ =>
            {
                var hypotheses = Hypotheses(1, NewState: false);
                decoder.Update(hypotheses, Rows(
                    [float.NegativeInfinity, MathF.Log(0.2f), float.NegativeInfinity, MathF.Log(0.8f), float.NegativeInfinity]));
                return hypotheses[0].Tokens[0];
            })];
        }

        var draws = Draw(seed: 7);
        draws.ShouldAllBe(token => token == 1 || token == 3);
        draws.Count(token => token == 1).ShouldBeInRange(330, 470);
        Draw(seed: 7).ShouldBe(draws);
        Draw(seed: 8).ShouldNotBe(draws);
    }

    [Fact]
    public void Beam_search_finds_the_text_that_greedy_misses()
    {
        // After 1 (0.6) everything is uncertain; after 2 (0.4) the end is sure: 2 is the more probable text.
        float[] Next(IReadOnlyList<int> tokens) => tokens switch
        {
            [] => [float.NegativeInfinity, MathF.Log(0.6f), MathF.Log(0.4f), float.NegativeInfinity, float.NegativeInfinity],
            [1] => [MathF.Log(0.2f), MathF.Log(0.2f), MathF.Log(0.2f), MathF.Log(0.2f), MathF.Log(0.2f)],
            [2] => [MathF.Log(0.96f), MathF.Log(0.01f), MathF.Log(0.01f), MathF.Log(0.01f), MathF.Log(0.01f)],
            _ => [MathF.Log(0.92f), MathF.Log(0.02f), MathF.Log(0.02f), MathF.Log(0.02f), MathF.Log(0.02f)],
        };
        var decoder = new BeamSearchDecoder(nano.Model.Device, End, beamSize: 2, patience: 1);
        var hypotheses = Hypotheses(2);
        var states = hypotheses.Select(hypothesis => hypothesis.State).ToArray();
        for (var step = 0; step < 5 && hypotheses.Count > 0; step++)
        {
            hypotheses.Select(hypothesis => hypothesis.State)
                .Order(Comparer<object>.Create((a, b) => Array.IndexOf(states, a) - Array.IndexOf(states, b))).ShouldBe(states);
            decoder.Update(hypotheses, Rows([.. hypotheses.Select(hypothesis => Next(hypothesis.Tokens))]));
        }

        hypotheses.ShouldBeEmpty();
        var candidates = decoder.Finished;
        candidates.Count.ShouldBe(2);
        candidates.MaxBy(candidate => candidate.SumLogProbability)!.Tokens.ShouldBe([2, End]);
    }

    [Fact]
    public void Patience_waits_for_more_texts_to_end()
    {
        var decoder = new BeamSearchDecoder(nano.Model.Device, End, beamSize: 1, patience: 3);
        var hypotheses = Hypotheses(1);
        for (var step = 0; step < 3; step++)
        {
            hypotheses.Count.ShouldBe(1);
            decoder.Update(hypotheses, Rows([5, 4, 0, 0, 0]));
        }

        hypotheses.ShouldBeEmpty();
        decoder.Finished.Select(candidate => candidate.Tokens.Count).ShouldBe([1, 2, 3]);
    }

    public void Dispose() => _disposables.ForEach(disposable => disposable.Dispose());

    private List<Hypothesis> Hypotheses(int count, bool NewState = true) => [.. Enumerable.Range(0, count).Select(_ =>
    {
        if (NewState || _disposables.Count == 0)
            _disposables.Add(nano.Model.NewDecoderState());
        return new Hypothesis(_disposables.OfType<DecoderState>().Last());
    })];

    private LogitRows Rows(params float[][] rows)
    {
        var tensor = new Tensor(rows.Length, rows[0].Length);
        _disposables.Add(tensor);
        for (var row = 0; row < rows.Length; row++)
            rows[row].CopyTo(tensor.Row(row));
        return new LogitRows(tensor, first: 0, shared: false);
    }
}
