using Speech.Models.Batching;
using Speech.Models.Nllb;
using Speech.Models.Transformer;
using Speech.Tensors;

namespace Speech.Models.Tests.Nllb;

/// <summary>The rules of the search on hand-made probabilities over eight tokens.</summary>
[Collection(nameof(NanoNllbModel))]
public sealed class BeamSearchTests(NanoNllbModel nano) : IDisposable
{
    private const int Vocabulary = 8;
    private const int End = 2;
    private const int A = 4;
    private const int B = 5;
    private const int C = 6;
    private static readonly int[] Prompt = [End, 3];
    private readonly List<DecoderState> _states = [];

    public void Dispose()
    {
        foreach (var state in _states)
            state.Dispose();
    }

    [Fact]
    public void One_beam_takes_the_most_probable_token_until_the_end()
    {
        var search = Search(new TranslationOptions());
        Step(search, [(A, 0.6), (B, 0.4)]);
        search.LastToken(0).ShouldBe(A);
        Step(search, [(End, 0.9), (B, 0.1)]);
        search.IsDone.ShouldBeTrue();
        search.Tokens(search.Finished[0].Beam).ShouldBe([.. Prompt, A, End]);
        search.Finished[0].Beam.SumLogProbability.ShouldBe(Math.Log(0.6 * 0.9), 1e-5);
    }

    [Fact]
    public void Two_beams_find_what_greedy_search_misses()
    {
        var search = Search(new TranslationOptions { BeamSize = 2 });
        Step(search, [(A, 0.6), (B, 0.4)]);
        Step(search, [(End, 0.3), (C, 0.3), (A, 0.4)], [(End, 0.99), (C, 0.01)]);
        search.Tokens(search.Finished[0].Beam).ShouldBe([.. Prompt, B, End]);
        search.Finished[0].Score.ShouldBe(Math.Log(0.4 * 0.99) / 3, 1e-5); // language, B, end
    }

    [Fact]
    public void An_end_that_ranks_behind_the_beams_is_passed_over()
    {
        var search = Search(new TranslationOptions { BeamSize = 2 });
        Step(search, [(A, 0.5), (B, 0.3), (End, 0.2)]);
        search.Finished.ShouldBeEmpty();
        search.Beams.ShouldBe(2);
    }

    [Fact]
    public void The_search_goes_on_while_an_open_hypothesis_could_still_be_better()
    {
        var early = Search(new TranslationOptions { BeamSize = 1, EarlyStopping = true });
        var patient = Search(new TranslationOptions { BeamSize = 2 });
        Step(early, [(End, 0.5), (A, 0.5)]);
        early.IsDone.ShouldBeTrue();

        Step(patient, [(End, 0.5), (A, 0.5)]);
        patient.Finished.Count.ShouldBe(1);
        Step(patient, [(End, 0.51), (B, 0.49)], [(End, 1)]);
        patient.Finished.Count.ShouldBe(2);
        patient.IsDone.ShouldBeTrue(); // ln(0.255)/3 is above ln(0.5)/2, and nothing open can beat the worse of the two
        patient.Tokens(patient.Finished[0].Beam).ShouldBe([.. Prompt, End]);
        patient.Finished[0].Score.ShouldBe(Math.Log(0.5) / 2, 1e-5);
    }

    [Fact]
    public void A_full_pool_keeps_the_best()
    {
        var search = Search(new TranslationOptions { BeamSize = 2, LengthPenalty = 0 });
        Step(search, [(A, 0.5), (B, 0.45), (C, 0.05)]);
        Step(search, [(End, 0.1), (C, 0.9)], [(End, 0.1), (C, 0.9)]);
        search.Finished.ShouldBeEmpty(); // ranks 3 and 4
        Step(search, [(End, 0.9), (A, 0.1)], [(End, 0.9), (A, 0.1)]);
        search.Finished.Select(finished => search.Tokens(finished.Beam)[2]).ShouldBe([A, B]);
        Step(search, [(End, 0.9), (A, 0.1)], [(End, 0.9), (A, 0.1)]);
        search.Finished.Select(finished => search.Tokens(finished.Beam)[2]).ShouldBe([A, B]);
        search.Finished[0].Beam.SumLogProbability.ShouldBe(Math.Log(0.5 * 0.9 * 0.9), 1e-5);
        search.IsDone.ShouldBeTrue();
    }

    [Fact]
    public void A_length_penalty_favours_long_hypotheses()
    {
        int[] Best(double penalty)
        {
            var search = Search(new TranslationOptions { BeamSize = 2, LengthPenalty = penalty });
            Step(search, [(End, 0.5), (A, 0.5)]);
            Step(search, [(End, 0.6), (B, 0.4)], [(End, 1)]);
            while (!search.IsDone)
                Step(search, [.. Enumerable.Range(0, search.Beams).Select(_ => new[] { (End, 0.9), (C, 0.1) })]);
            return search.Tokens(search.Finished[0].Beam);
        }

        Best(0).ShouldBe([.. Prompt, End]);
        Best(3).ShouldBe([.. Prompt, A, B, End]);
    }

    [Fact]
    public void At_the_maximum_length_open_hypotheses_end_as_they_are()
    {
        var search = Search(new TranslationOptions(), maximumLength: 4);
        Step(search, [(A, 1)]);
        search.IsDone.ShouldBeFalse();
        Step(search, [(B, 1)]);
        search.IsDone.ShouldBeTrue();
        search.Tokens(search.Finished[0].Beam).ShouldBe([.. Prompt, A, B]);
    }

    [Fact]
    public void No_run_of_tokens_comes_twice_when_that_is_forbidden()
    {
        var search = Search(new TranslationOptions { NoRepeatNgramSize = 2 });
        foreach (var expected in (int[])[A, A, B, A, C])
        {
            Step(search, [(A, 0.7), (B, 0.2), (C, 0.1)]);
            search.LastToken(0).ShouldBe(expected);
        }
    }

    [Fact]
    public void A_forbidden_token_s_probability_is_lost_not_shared_out()
    {
        var search = Search(new TranslationOptions { NoRepeatNgramSize = 2, BeamSize = 1 }, maximumLength: 5);
        Step(search, [(A, 1)]);
        Step(search, [(A, 1)]);
        Step(search, [(A, 0.75), (B, 0.25)]);
        search.Tokens(search.Finished[0].Beam).ShouldBe([.. Prompt, A, A, B]);
        search.Finished[0].Beam.SumLogProbability.ShouldBe(Math.Log(0.25), 1e-5);
    }

    [Theory]
    [InlineData(2, 0, 2)]
    [InlineData(0, 1, 2, 3)]
    [InlineData(0, 0, 0, 0)]
    [InlineData(3, 3, 0, 0)]
    [InlineData(1, 1, 0, 3)]
    [InlineData(1, 2, 3, 0)]
    [InlineData(3)]
    public void A_state_passes_to_the_first_child_and_is_copied_for_the_others(params int[] parents)
    {
        var states = Enumerable.Range(0, 4).Select(_ => nano.Model.NewDecoderState()).ToArray();
        _states.AddRange(states);
        using var memory = nano.Model.NewEncoderMemory();
        nano.Model.Encode([nano.Model.Prepare("yes", "en", "fr")], [memory]);
        for (var i = 0; i < states.Length; i++)
        {
            for (var token = 0; token <= i; token++)
                nano.Model.Decode([new DecoderRow(memory, states[i], A, WantLogits: false)]);
        }

        var after = states.ToArray();
        BeamStates.Reorder(after, parents);
        after.ShouldBe(states, ignoreOrder: true);
        for (var child = 0; child < parents.Length; child++)
        {
            after[child].Length.ShouldBe(parents[child] + 1);
            if (Array.IndexOf(parents, parents[child]) == child)
                after[child].ShouldBe(states[parents[child]]);
        }
    }

    private BeamSearch Search(TranslationOptions options, int maximumLength = 50)
    {
        var states = Enumerable.Range(0, options.BeamSize).Select(_ => nano.Model.NewDecoderState()).ToArray();
        _states.AddRange(states);
        return new BeamSearch(nano.Device, options, Prompt, End, maximumLength, states);
    }

    /// <summary>One row of probabilities for each open hypothesis; tokens not named are all but impossible.</summary>
    private static void Step(BeamSearch search, params (int Token, double Probability)[][] rows)
    {
        search.Beams.ShouldBe(rows.Length);
        using var logits = new Tensor(rows.Length, Vocabulary);
        for (var row = 0; row < rows.Length; row++)
        {
            logits.Row(row).Fill(-50);
            foreach (var (token, probability) in rows[row])
                logits.Row(row)[token] = (float)Math.Log(probability);
        }

        search.Update(logits, 0);
    }
}
