using Speech.Contracts.Server;
using Speech.Evaluation;
using Speech.Lab.Speakers;

namespace Speech.EndToEnd.Tests.Support;

/// <summary>What was said, what the model alone makes of it, and whether what a client heard is all of that, once, and in order.</summary>
internal static class Hearing
{
    /// <summary>65 utterances of 9 people.</summary>
    public static IReadOnlyList<Utterance> Recordings { get; } = BuiltInRecordings.Load();

    /// <summary>In what one speaker says: network, codec and segments change a word here and there.</summary>
    private const int WordsThatMayDiffer = 3;

    /// <summary>The model knows no half letters, and guesses.</summary>
    private const int WordsThatACutMayCost = 5;

    /// <summary>
    /// Where a segment was ended in the middle of speech, its rest may have no window that is surely speech. Of 400 cuts through our
    /// recordings nine in ten cost less than 0.1 s, and the worst 0.5 s; who resumes in time is not cut at all.
    /// </summary>
    private const double SecondsThatACutMayCost = 0.7;

    private static readonly Lazy<Task<ModelReference>> Model =
        new(() => Task.Run(() => ModelReference.TranscribeAsync(Recordings, CancellationToken.None)));

    /// <summary>Some speakers, each with other utterances than the next one.</summary>
    /// <param name="utterances">For each.</param>
    public static IReadOnlyList<SpeakerScript> Speakers(int count, int utterances) =>
        [.. Enumerable.Range(0, count).Select(index => SpeakerScript.Join(
            $"{index + 1}",
            Enumerable.Range(index * utterances, utterances).Select(next => Recordings[next % Recordings.Count]),
            seed: index))];

    /// <summary>Each client got every result once, in order; every utterance; and, all of them together, the right words.</summary>
    /// <param name="heard">What each speaker's client got.</param>
    public static async Task ShouldTellAsync(IReadOnlyList<SpeakerScript> scripts, IReadOnlyList<IReadOnlyList<Transcript>> heard)
    {
        foreach (var (script, transcripts) in scripts.Zip(heard))
            await transcripts.ShouldTellAsync(script, WordsThatMayDiffer);
        await ShouldBeRightAsync(
            [.. scripts.SelectMany(script => script.Utterances, (_, placed) => placed.Utterance)], string.Join(' ', heard.Select(Text)));
    }

    /// <summary>One client got every result once, in order; every utterance; and no other words than its own.</summary>
    public static Task ShouldTellAsync(this IReadOnlyList<Transcript> transcripts, SpeakerScript script) =>
        transcripts.ShouldTellAsync(script, WordsThatMayDiffer);

    /// <summary>The same of a client whose speech was cut once where it happened to be, which may cost some words, but no audio.</summary>
    /// <param name="transcripts">Over both its connections.</param>
    /// <param name="undisturbed">What another client got, who said the same and was left in peace.</param>
    public static async Task ShouldTellAsync(
        this IReadOnlyList<Transcript> transcripts, SpeakerScript script, IReadOnlyList<Transcript> undisturbed)
    {
        await transcripts.ShouldTellAsync(script, WordsThatMayDiffer + WordsThatACutMayCost);
        foreach (var speech in undisturbed)
        {
            var covered = transcripts.Sum(heard => Math.Max(0, Math.Min(heard.End, speech.End) - Math.Max(heard.Start, speech.Start)));
            covered.ShouldBeGreaterThan(speech.End - speech.Start - SecondsThatACutMayCost, $"{speech.Start}..{speech.End}: {speech.Text}");
        }
    }

    private static async Task ShouldTellAsync(this IReadOnlyList<Transcript> transcripts, SpeakerScript script, int wordsThatMayDiffer)
    {
        transcripts.Select(transcript => transcript.Seq).ShouldBe(Enumerable.Range(1, transcripts.Count).Select(seq => (long)seq));
        transcripts.Select(transcript => transcript.Segment).ShouldBe(Enumerable.Range(0, transcripts.Count));
        foreach (var (earlier, later) in transcripts.Zip(transcripts.Skip(1)))
            later.Start.ShouldBeGreaterThanOrEqualTo(earlier.End);
        foreach (var said in script.Utterances)
            transcripts
                .ShouldContain(heard => heard.Text.Length > 0 && heard.Start < said.End && heard.End > said.Start, said.Utterance.Id);
        await ShouldBeRightAsync([.. script.Utterances.Select(placed => placed.Utterance)], Text(transcripts), wordsThatMayDiffer);
    }

    /// <summary>The right words, within one point of what the model by itself makes of the recordings.</summary>
    /// <param name="wordsThatMayDiffer">Beyond that: among few words a single one is more than a point.</param>
    public static async Task ShouldBeRightAsync(IReadOnlyList<Utterance> said, string heard, int wordsThatMayDiffer = 1)
    {
        var errors = WordErrorRate.Of(string.Join(' ', said.Select(utterance => utterance.Text)), heard);
        var byItself = (await Model.Value).Errors(said);
        errors.Errors
            .ShouldBeLessThanOrEqualTo((int)(byItself.Errors + 0.01 * byItself.Words) + wordsThatMayDiffer, $"{errors} in: {heard}");
    }

    private static string Text(IReadOnlyList<Transcript> transcripts) =>
        string.Join(' ', transcripts.Select(transcript => transcript.Text));
}
