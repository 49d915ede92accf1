using Speech.Cli.Speakers;
using Speech.Contracts;

namespace Speech.EndToEnd.Tests;

public sealed class WorkerFaultTests
{
    private readonly IReadOnlyList<SpeakerScript> _scripts = Hearing.Speakers(4, utterances: 8);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task No_transcript_is_lost_or_doubled_when_a_worker_is_killed_at_work(int sttWorkers)
    {
        await using var fleet = await TestFleet.StartAsync($"worker-killed-{sttWorkers}", sttWorkers);
        var talking = Task.WhenAll(_scripts.Select(script => Talk.WholeAsync(fleet.Report.GatewayUrl(0), script)));
        var killed = await fleet.KillAtWorkAsync("stt-1");

        await Hearing.ShouldTellAsync(_scripts, await talking);
        await fleet.RestartedAsync("stt-1", killed);
        await fleet.ShouldBeIdleAsync();
    }

    [Fact]
    public async Task The_jobs_of_a_worker_that_hangs_are_done_by_another_and_not_once_more_when_it_wakes_up()
    {
        await using var fleet = await TestFleet.StartAsync("worker-hangs", sttWorkers: 2);
        using (fleet.Freeze("stt-1"))
        {
            // It is waiting for jobs, so Redis gives it the first ones.
            var talking = Task.WhenAll(_scripts.Select(script => Talk.WholeAsync(fleet.Report.GatewayUrl(0), script)));
            await Until.TrueAsync(async () => await fleet.PendingAsync("stt-1") > 0, "the hanging worker to be given a job");
            await Hearing.ShouldTellAsync(_scripts, await talking);
        }

        // The heartbeat tells that it is awake again; a new client, that its late results have done no harm.
        await Until.TrueAsync(() => fleet.Redis.KeyExistsAsync(RedisKeys.Worker("stt-1")), "the heartbeat of the woken worker");
        await (await Talk.WholeAsync(fleet.Report.GatewayUrl(0), _scripts[0])).ShouldTellAsync(_scripts[0]);
        await fleet.ShouldBeIdleAsync();
    }
}
