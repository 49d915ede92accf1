using Speech.Contracts.Sessions;
using Speech.Delivery;
using Speech.EndToEnd.Tests.Support;
using Speech.Lab.Speakers;

namespace Speech.EndToEnd.Tests;

public sealed class WorkerFaultTests
{
    private const int Backlog = 8; // as many as are let into the queue while no worker is known to live

    /// <summary>Of at least 32 segments.</summary>
    private readonly IReadOnlyList<SpeakerScript> _scripts = Hearing.Speakers(4, utterances: 8);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task No_transcript_is_lost_or_doubled_when_a_worker_is_killed_at_work(int sttWorkers)
    {
        await using var fleet = await TestFleet.StartAsync($"worker-killed-{sttWorkers}", sttWorkers);
        var talking = Task.WhenAll(_scripts.Select(script => Talk.WholeAsync(fleet.Report.GatewayUrl(0), script)));
        var worker = fleet.PidOf("stt-1");
        using (await fleet.FreezeAtWorkAsync("stt-1", Backlog))
            Signal.Send(worker, Signal.Kill);

        await Hearing.ShouldTellAsync(_scripts, await talking);
        await fleet.RestartedAsync("stt-1", worker);
        await fleet.ShouldBeIdleAsync();
    }

    [Fact]
    public async Task The_jobs_of_a_worker_that_hangs_are_done_by_another_and_not_once_more_when_it_wakes_up()
    {
        await using var fleet = await TestFleet.StartAsync("worker-hangs", sttWorkers: 2);
        var talks = await Task.WhenAll(_scripts.Select(script => Talk.BeginAsync(fleet.Report.GatewayUrl(0), script)));
        using (await fleet.FreezeAtWorkAsync("stt-1", Backlog))
        {
            await Task.WhenAll(talks.Select(talk => talk.Completed));
            await Hearing.ShouldTellAsync(_scripts, [.. talks.Select(talk => talk.Transcripts)]);
        }

        // Its heartbeat, long expired, tells that it is awake again; then it works for a new client, beside the other.
        await Until.TrueAsync(() => fleet.Redis.KeyExistsAsync(RedisKeys.Worker("stt-1")), "the heartbeat of the woken worker");
        await (await Talk.WholeAsync(fleet.Report.GatewayUrl(0), _scripts[0])).ShouldTellAsync(_scripts[0]);
        foreach (var talk in talks)
        {
            (await fleet.Redis.StreamLengthAsync(RedisKeys.History(talk.ClientId))).ShouldBe(talk.Transcripts.Count);
            await talk.DisposeAsync();
        }
        await fleet.ShouldBeIdleAsync();
    }
}
