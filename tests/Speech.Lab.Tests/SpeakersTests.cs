using System.Text.Json;
using Spectre.Console;
using Speech.Cli.Fleet;
using Speech.Contracts.Server;
using Speech.Contracts.Sessions;
using Speech.Lab.Demo;
using Speech.Lab.Speakers;

namespace Speech.Lab.Tests;

public sealed class SpeakersTests
{
    private static readonly IReadOnlyList<Utterance> Recordings = BuiltInRecordings.Load();
    private static readonly SpeakerScript Script = SpeakerScript.Join("1", Recordings.Take(3), seed: 1);

    [Fact]
    public void The_built_in_recordings_are_65_utterances_of_ten_people()
    {
        Recordings.Count.ShouldBe(65);
        Recordings.Select(utterance => utterance.Person).Distinct().Count().ShouldBe(10);
        Recordings[0].Text.ShouldBe("rubout G M E F three nine");
        Recordings[0].Samples.Length.ShouldBe(64_000);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(10)]
    [InlineData(12)]
    [InlineData(65)]
    public void Speakers_share_all_utterances_about_evenly(int speakers)
    {
        var scripts = SpeakerScript.ShareOut(Recordings, speakers);
        scripts.Count.ShouldBe(speakers);
        scripts.SelectMany(script => script.Utterances).Select(placed => placed.Utterance.Id).Order()
            .ShouldBe(Recordings.Select(utterance => utterance.Id).Order());
        if (speakers > 10)
            return;
        foreach (var person in scripts.SelectMany(script => script.Utterances.Select(placed => placed.Utterance.Person)
            .Distinct()).GroupBy(person => person))
            person.Count().ShouldBe(1, "a person's utterances stay together");
        scripts.Max(script => script.Seconds).ShouldBeLessThan(1.6 * scripts.Average(script => script.Seconds));
    }

    [Fact]
    public void More_speakers_than_utterances_are_not_to_be_had() =>
        SpeakerScript.ShareOut([.. Recordings.Take(3)], 5).Count.ShouldBe(3);

    [Fact]
    public void Who_goes_round_talks_for_as_long_as_asked_and_begins_elsewhere()
    {
        var scripts = SpeakerScript.GoRound(Recordings, 3, seconds: 30);
        scripts.ShouldAllBe(script => script.Seconds >= 30 && script.Seconds < 40);
        scripts.Select(script => script.Utterances[0].Utterance.Id).Distinct().Count().ShouldBe(3);
    }

    [Fact]
    public void Utterances_lie_where_the_script_says_with_pauses_between()
    {
        Script.Utterances[0].Start.ShouldBe(SpeakerScript.PauseSeconds);
        foreach (var (before, after) in Script.Utterances.Zip(Script.Utterances.Skip(1)))
            (after.Start - before.End).ShouldBe(SpeakerScript.PauseSeconds, tolerance: 1e-9);
        foreach (var placed in Script.Utterances)
            Script.Samples.AsSpan((int)Math.Round(placed.Start * 16_000), placed.Utterance.Samples.Length)
                .SequenceEqual(placed.Utterance.Samples).ShouldBeTrue();
        (Script.Seconds - Script.Utterances[^1].End).ShouldBe(SpeakerScript.PauseSeconds, tolerance: 1e-9);
    }

    [Fact]
    public async Task All_is_well_when_everything_is_heard()
    {
        var report = await RunAsync(connection => SendAllAsync(connection));
        report.Problems.ShouldBeEmpty();
        report.Errors.Errors.ShouldBe(0);
        report.Errors.Words.ShouldBe(report.ModelErrors.Words);
        (report.Utterances, report.Segments).ShouldBe((3, 3));

        var json = JsonDocument.Parse(report.ToJson()).RootElement;
        json.GetProperty("ok").GetBoolean().ShouldBeTrue();
        json.GetProperty("errors").GetProperty("words").GetInt32().ShouldBe(report.Errors.Words);
    }

    [Fact]
    public async Task An_utterance_that_is_not_heard_is_a_problem()
    {
        var report = await RunAsync(connection => SendAllAsync(connection, skip: 1));
        report.Problems.ShouldContain(
            problem => problem.Contains($"nothing was heard of {Script.Utterances[1].Utterance.Id}", StringComparison.Ordinal));
        report.Problems.ShouldContain(problem => problem.Contains("above the model's own", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_segment_that_failed_is_a_problem()
    {
        var report = await RunAsync(async connection =>
        {
            await connection.SendAsync(new Failed(1, 9, "transcribe", "max_deliveries", "given up"));
            await SendAllAsync(connection);
        });
        report.Problems.ShouldBe(["speaker 1: segment 9 failed: given up (max_deliveries)"]);
    }

    [Fact]
    public async Task A_connection_that_ends_early_is_a_problem()
    {
        var report = await RunAsync(connection => connection.CloseAsync(CloseCode.InternalError, "oops"));
        report.Problems[0].ShouldContain("oops (close code 1011)");
    }

    [Fact]
    public void A_line_marks_what_differs_from_what_was_said()
    {
        var live = new LiveTranscript(Script, realTime: true);
        Line(live, 0, "rubout G M E F five nine").ShouldStartWith(" 1 fcaw    1.00 →   5.00  rubout G M E F {five|three} nine ");
        Line(live, 1, "B O O Z").ShouldContain("  B {O|A} O Z ");
        Line(live, 2, "rubout N I M N one one").ShouldContain("  {|five} {|three} rubout N I M N one {one|}");
    }

    [Fact]
    public void Latencies_are_summed_up_by_nearest_rank()
    {
        LatencySummary.Of([.. Enumerable.Range(1, 100).Select(milliseconds => (TimeSpan?)TimeSpan.FromMilliseconds(milliseconds))])
            .ShouldBe(new LatencySummary(50, 95, 100));
        LatencySummary.Of([TimeSpan.FromMilliseconds(7)]).ShouldBe(new LatencySummary(7, 7, 7));
        LatencySummary.Of([]).ShouldBeNull();
        LatencySummary.Of([TimeSpan.FromMilliseconds(7), null]).ShouldBeNull();
    }

    [Fact]
    public void A_segment_is_decided_by_whole_windows_of_silence_or_the_end_of_the_stream()
    {
        var timing = new SegmentTiming(TailSeconds: 0.3, SilenceSeconds: 0.7);
        timing.SpeechEnd(5).ShouldBe(4.7, tolerance: 1e-9);
        timing.Decided(5, streamSeconds: 60).ShouldBe(4.7 + 0.704, tolerance: 1e-9);
        timing.Decided(5, streamSeconds: 5.1).ShouldBe(5.1);
    }

    [Fact]
    public void A_process_has_used_the_processor_and_is_alive()
    {
        ProcessStatus.Cpu(Environment.ProcessId).ShouldNotBeNull().ShouldBeGreaterThan(TimeSpan.Zero);
        ProcessStatus.IsAlive(Environment.ProcessId).ShouldBeTrue();
        ProcessStatus.Cpu(int.MaxValue).ShouldBeNull();
        ProcessStatus.IsAlive(int.MaxValue).ShouldBeFalse();
    }

    private static string Line(LiveTranscript live, int utterance, string text)
    {
        var placed = Script.Utterances[utterance];
        var transcript = new Transcript(utterance + 1, utterance, placed.Start, placed.End, text, "en", 1);
        return Markup.Remove(live.Line(new HeardSegment(transcript, TimeSpan.FromSeconds(1), default, default)));
    }

    private static async Task SendAllAsync(FakeConnection connection, int? skip = null)
    {
        foreach (var (index, placed) in Script.Utterances.Index().Where(item => item.Index != skip))
            await connection.SendAsync(new Transcript(index + 1, index, placed.Start, placed.End, " " + placed.Utterance.Text, "en", 1));
        await connection.SendAsync(new Done());
    }

    private static async Task<SpeakersReport> RunAsync(Func<FakeConnection, Task> script)
    {
        await using var server = await FakeGateway.StartAsync(async connection =>
        {
            await connection.SendReadyAsync();
            (await connection.ReceiveUntilStopAsync()).Count.ShouldBe((int)Math.Ceiling(Script.Seconds / 0.02));
            await script(connection);
        });
        return await new SpeakersRun([Script], SegmentTiming.OfEnvironment(), realTime: false, TimeProvider.System)
            .RunAsync(_ => server.Url, fleet: null, CancellationToken.None);
    }
}
