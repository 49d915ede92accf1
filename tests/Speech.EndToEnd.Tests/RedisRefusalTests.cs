using System.Net;
using System.Text.Json;
using Speech.Contracts.Server;
using Speech.Delivery;
using Speech.EndToEnd.Tests.Support;
using Speech.Lab.Speakers;
using Speech.Redis;
using StackExchange.Redis;

namespace Speech.EndToEnd.Tests;

/// <summary>A Redis that is there and does not do as it is told, seen from a gateway, a worker and a client that go on.</summary>
public sealed class RedisRefusalTests(RedisRefusalTests.OwnFleet own) : IClassFixture<RedisRefusalTests.OwnFleet>
{
    private readonly SpeakerScript _script = Hearing.Speakers(1, utterances: 8)[0];

    private TestFleet Fleet => own.Fleet;

    [Theory]
    [InlineData("has no memory left", "CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0")]
    [InlineData("is a replica", "REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE")]
    [InlineData("has too few replicas", "CONFIG SET min-replicas-to-write 1", "CONFIG SET min-replicas-to-write 0")]
    public Task What_is_said_while_Redis_refuses_to_write_is_held_and_follows(string refusal, string begin, string end) =>
        HoldsAndFollowsAsync(refusal, () => TellRedisAsync(begin), () => TellRedisAsync(end));

    [Fact]
    public async Task What_is_said_while_Redis_cannot_save_is_held_and_follows()
    {
        var folder = ((string)(await Fleet.Redis.ExecuteAsync("CONFIG", "GET", "dir"))[1]!);
        var save = ((string)(await Fleet.Redis.ExecuteAsync("CONFIG", "GET", "save"))[1]!);
        var inTheWay = Path.Combine(folder, "dump.rdb");
        await HoldsAndFollowsAsync(
            "cannot save",
            async () =>
            {
                File.Delete(inTheWay);
                Directory.CreateDirectory(inTheWay);
                await Fleet.Redis.ExecuteAsync("CONFIG", "SET", "save", "3600 1000000");
                await SaveAsync("err");
            },
            async () =>
            {
                Directory.Delete(inTheWay);
                await SaveAsync("ok");
                await Fleet.Redis.ExecuteAsync("CONFIG", "SET", "save", save);
            });

        async Task SaveAsync(string outcome)
        {
            await Fleet.Redis.ExecuteAsync("BGSAVE");
            await Until.TrueAsync(
                async () => ((string)(await Fleet.Redis.ExecuteAsync("INFO", "persistence"))!) is var info
                    && info.Contains("rdb_bgsave_in_progress:0", StringComparison.Ordinal)
                    && info.Contains($"rdb_last_bgsave_status:{outcome}", StringComparison.Ordinal),
                $"a save to end with {outcome}");
        }
    }

    [Fact]
    public async Task What_is_said_while_Redis_hangs_follows_and_health_tells_of_it()
    {
        await using var talk = await Talk.BeginAsync(Fleet.Report.GatewayUrl(0), _script, pauseAt: _script.Utterances[3].Start);
        await talk.Paused;
        using (Fleet.Freeze("redis"))
        {
            talk.GoOn();
            await Until.TrueAsync(async () => (await HealthAsync()) is (HttpStatusCode.ServiceUnavailable, var body)
                && body.GetProperty("redis").GetProperty("status").GetString() == "degraded"
                    && body.GetProperty("held").GetProperty("segments").GetInt32() > 0, "/health to tell");
        }

        await talk.Completed;
        await talk.Transcripts.ShouldTellAsync(_script);
        await Until.TrueAsync(async () => (await HealthAsync()).Status == HttpStatusCode.OK, "a healthy gateway");
        await Fleet.ShouldBeIdleAsync();
    }

    [Theory]
    [InlineData("SCRIPT FLUSH SYNC")]
    [InlineData("CLIENT KILL TYPE normal")]
    [InlineData("CLIENT KILL TYPE pubsub")]
    [InlineData("XGROUP DESTROY audio_jobs stt_workers")]
    public async Task What_Redis_forgets_is_made_anew_and_nothing_is_lost(string command)
    {
        await using var talk = await Talk.BeginAsync(Fleet.Report.GatewayUrl(0), _script, pauseAt: _script.Utterances[5].Start);
        await Until.TrueAsync(() => talk.Transcripts.Count > 0, "work to be in full swing");
        await TellRedisAsync(command);
        talk.GoOn();
        await talk.Completed;
        await talk.Transcripts.ShouldTellAsync(_script);
        await Until.TrueAsync(async () => await Fleet.Redis.StreamLengthAsync(RedisKeys.AudioJobs) == 0, "an idle system");
    }

    [Fact]
    public async Task What_Redis_has_lost_its_client_is_told_and_the_rest_follows()
    {
        await using var talk = await Talk.BeginAsync(Fleet.Report.GatewayUrl(0), _script, pauseAt: _script.Utterances[5].Start);
        long lost;
        using (Fleet.Freeze("stt-1"))
        {
            await talk.Paused;
            await Until.TrueAsync(() => talk.Messages.OfType<Committed>()
                .LastOrDefault()?.Until > _script.Utterances[3].End, "some segments to be accepted");
            lost = await Fleet.Redis.StreamLengthAsync(RedisKeys.AudioJobs);
            lost.ShouldBeGreaterThan(0);
            await TellRedisAsync("FLUSHALL");
        }
        talk.GoOn();
        await talk.Completed;
        ShouldBeHeardOrLost(talk).ShouldBeGreaterThanOrEqualTo((int)lost - 1, "one may have been in its result's way back");
    }

    [Fact]
    public async Task Of_segments_whose_stream_was_deleted_each_is_heard_or_told_to_be_lost()
    {
        await using var talk = await Talk.BeginAsync(Fleet.Report.GatewayUrl(0), _script, pauseAt: _script.Utterances[5].Start);
        using (Fleet.Freeze("stt-1"))
        {
            await talk.Paused;
            await Until.TrueAsync(async () => await Fleet.Redis.StreamLengthAsync(RedisKeys.AudioJobs) > 1, "some segments to wait");
            await TellRedisAsync("DEL audio_jobs");
            await Until.TrueAsync(() => talk.Messages.OfType<Failed>().Any(), "the client to be told");
        }
        talk.GoOn();
        await talk.Completed;
        ShouldBeHeardOrLost(talk).ShouldBeGreaterThan(0);
        await Fleet.ShouldBeIdleAsync();
    }

    /// <summary>Each segment has a result, in order, at least what was said last a transcript. How many were lost.</summary>
    private static int ShouldBeHeardOrLost(Talk talk)
    {
        var results = talk.Messages.OfType<FinalResult>().ToArray();
        results.Select(result => result.Seq).ShouldBe(Enumerable.Range(1, results.Length).Select(seq => (long)seq));
        results.Select(result => result.Segment).ShouldBe(Enumerable.Range(0, results.Length));
        results.OfType<Failed>().ShouldAllBe(failed => failed.Code == "lost");
        results.OfType<Transcript>().Count().ShouldBeGreaterThanOrEqualTo(2, "what was said later");
        return results.OfType<Failed>().Count();
    }

    private Task<(HttpStatusCode Status, JsonElement Body)> HealthAsync() => Fleet.HealthAsync("gateway-1");

    private async Task HoldsAndFollowsAsync(string refusal, Func<Task> begin, Func<Task> end)
    {
        await using var talk = await Talk.BeginAsync(Fleet.Report.GatewayUrl(0), _script, pauseAt: _script.Utterances[3].Start);
        await talk.Paused;
        await begin();
        try
        {
            talk.GoOn();
            await Until.TrueAsync(() => talk.Messages.OfType<Warning>()
                .Any(warning => warning.Code == "queue_unreachable"), $"the client to be told that Redis {refusal}");
            await Until.TrueAsync(async () => (await HealthAsync()).Body.GetProperty("held").GetProperty("segments")
                .GetInt32() > 0, "/health to tell of held segments");
        }
        finally
        {
            await end();
        }

        await talk.Completed;
        await talk.Transcripts.ShouldTellAsync(_script);
        await Fleet.ShouldBeIdleAsync();
        (await HealthAsync()).Body.GetProperty("held").GetProperty("segments").GetInt32().ShouldBe(0);
    }

    private async Task TellRedisAsync(string command)
    {
        try
        {
            await Fleet.Redis.ExecuteAsync(command.Split(' ')[0], [.. command.Split(' ')[1..]]);
        }
        catch (RedisConnectionException) when (command.StartsWith("CLIENT KILL", StringComparison.Ordinal))
        {
            // Ours was among them.
        }
    }

    public sealed class OwnFleet : IAsyncLifetime
    {
        internal TestFleet Fleet { get; private set; } = null!;

        public async Task InitializeAsync() => Fleet = await TestFleet.StartAsync("redis-refuses");

        public Task DisposeAsync() => Fleet.DisposeAsync().AsTask();
    }
}
