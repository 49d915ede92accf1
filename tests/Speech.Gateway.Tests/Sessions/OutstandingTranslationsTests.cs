using Speech.Contracts.Server;
using Speech.Gateway.Sessions;

namespace Speech.Gateway.Tests.Sessions;

public sealed class OutstandingTranslationsTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly ManualTime _time = new();

    [Fact]
    public async Task A_transcript_adds_what_follows_it_and_a_translation_or_a_failure_takes_it_away()
    {
        var outstanding = new OutstandingTranslations(_time);
        outstanding.See(Transcript(1, 0, "fr", "es"));
        outstanding.See(Translation(2, 0, "fr"));
        outstanding.See(Translation(3, 0, "fr")); // once more, from the dead
        outstanding.Count.ShouldBe(1);
        var all = outstanding.WaitForAllAsync(Second, CancellationToken.None);
        all.IsCompleted.ShouldBeFalse();

        outstanding.See(new ResultEnvelope(4, new Failed(4, 0, Failed.Translating, "max_deliveries", "gave up", "es")));

        (await all).ShouldBeTrue();
    }

    [Fact]
    public void Results_that_the_session_s_state_has_counted_change_nothing()
    {
        var outstanding = new OutstandingTranslations(_time);
        outstanding.Begin([(1, "fr")], seq: 5);
        outstanding.See(Transcript(3, 0, "fr"));
        outstanding.See(Translation(4, 0, "fr"));
        outstanding.See(Transcript(5, 1, "fr"));
        outstanding.Count.ShouldBe(1);
        outstanding.See(Translation(6, 1, "fr"));
        outstanding.Count.ShouldBe(0);
    }

    [Fact]
    public async Task Patience_counts_from_the_last_translation()
    {
        var outstanding = new OutstandingTranslations(_time);
        outstanding.See(Transcript(1, 0, "fr", "es"));
        var all = outstanding.WaitForAllAsync(10 * Second, CancellationToken.None);
        _time.Advance(9 * Second);
        outstanding.See(Translation(2, 0, "fr"));
        await _time.TimerSetAsync(10 * Second);
        _time.Advance(10 * Second);
        (await all).ShouldBeFalse();
    }

    private static ResultEnvelope Transcript(long seq, int segment, params string[] translations) =>
        new(seq, new Transcript(seq, segment, 0, 1, "text", "en", 1, Translations: translations));

    private static ResultEnvelope Translation(long seq, int segment, string language) =>
        new(seq, new Translation(seq, segment, language, "texte"));
}
