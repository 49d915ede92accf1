using System.Net;
using Speech.Contracts.Server;
using Speech.Delivery;
using Speech.EndToEnd.Tests.Support;

namespace Speech.EndToEnd.Tests;

public sealed class RedisFaultTests
{
    [Fact]
    public async Task Accepted_segments_survive_a_killed_redis_and_those_said_meanwhile_follow()
    {
        var script = Hearing.Speakers(1, utterances: 12)[0];
        await using var fleet = await TestFleet.StartAsync("redis-killed");
        await using var talk = await Talk.BeginAsync(fleet.Report.GatewayUrl(0), script, pauseAt: script.Utterances[8].Start);
        var redis = fleet.PidOf("redis");
        long accepted;
        using (fleet.Freeze("stt-1"))
        {
            // Committed is the gateway's word that the audio is safe.
            await talk.Paused;
            await Until.TrueAsync(() => talk.Messages.OfType<Committed>()
                .LastOrDefault()?.Until > script.Utterances[6].End, "the first utterances to be accepted");
            accepted = await fleet.Redis.StreamLengthAsync(RedisKeys.AudioJobs);
            accepted.ShouldBeGreaterThan(0);

            Signal.Send(redis, Signal.Kill);
            talk.GoOn();
            await fleet.RestartedAsync("redis", redis);
            await Until.TrueAsync(
                async () => await fleet.Redis.StreamLengthAsync(RedisKeys.AudioJobs) >= accepted, "the accepted segments to be back");
        }

        await talk.Completed;
        await talk.Transcripts.ShouldTellAsync(script);
        talk.Transcripts.Count.ShouldBeGreaterThan((int)accepted);
        await fleet.ShouldBeIdleAsync();
    }

    [Fact]
    public async Task What_is_said_while_redis_reads_its_file_is_held_and_follows_and_health_tells_of_it()
    {
        var script = Hearing.Speakers(1, utterances: 6)[0];
        await using var fleet = await TestFleet.StartAsync("redis-loading");
        await using var talk = await Talk.BeginAsync(fleet.Report.GatewayUrl(0), script, pauseAt: script.Utterances[3].Start);
        await talk.Paused;
        await fleet.MakeLoadingSlowAsync();
        Signal.Send(fleet.PidOf("redis"), Signal.Kill);
        talk.GoOn();

        foreach (var service in (string[])["gateway-1", "stt-1"])
        {
            await Until.TrueAsync(async () => await fleet.HealthAsync(service) is (HttpStatusCode.ServiceUnavailable, var body)
                && body.GetProperty("redis").TryGetProperty("error", out var error)
                    && error.GetString()!.Contains("LOADING", StringComparison.Ordinal), $"/health of {service} to tell");
        }
        await Until.TrueAsync(
            async () => (await fleet.HealthAsync("gateway-1")).Body.GetProperty("held").GetProperty("segments").GetInt32() > 0,
            "segments to be held");
        talk.Messages.OfType<Done>().ShouldBeEmpty();

        await talk.Completed;
        await talk.Transcripts.ShouldTellAsync(script);
        await Until.TrueAsync(async () => (await fleet.HealthAsync("gateway-1")).Status == HttpStatusCode.OK, "a healthy gateway");
        await fleet.ShouldBeIdleAsync();
    }

    [Fact]
    public async Task Everyone_gets_every_result_once_when_redis_is_killed_in_the_middle_of_everything()
    {
        var scripts = Hearing.Speakers(4, utterances: 8);
        await using var fleet = await TestFleet.StartAsync("redis-killed-busy");
        var talks = await Task.WhenAll(
            scripts.Select(script => Talk.BeginAsync(fleet.Report.GatewayUrl(0), script, pauseAt: script.Utterances[^1].Start)));
        await Until.TrueAsync(() => talks.Sum(talk => talk.Transcripts.Count) >= 3, "work to be in full swing");
        Signal.Send(fleet.PidOf("redis"), Signal.Kill);
        foreach (var talk in talks)
            talk.GoOn();

        await Task.WhenAll(talks.Select(talk => talk.Completed));
        await Hearing.ShouldTellAsync(scripts, [.. talks.Select(talk => talk.Transcripts)]);
        await fleet.ShouldBeIdleAsync();
        foreach (var talk in talks)
            await talk.DisposeAsync();
    }
}
