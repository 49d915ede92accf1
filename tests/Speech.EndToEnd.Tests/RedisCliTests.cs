using System.Diagnostics;
using System.Globalization;
using Speech.Contracts.Jobs;
using Speech.Contracts.Server;
using Speech.Contracts.Sessions;
using Speech.Delivery;
using Speech.EndToEnd.Tests.Support;
using Speech.Lab.Speakers;
using Speech.Redis;

namespace Speech.EndToEnd.Tests;

/// <summary>What docs/redis-schema.md says that redis-cli shows.</summary>
[Collection(UsesSharedFleet.Name)]
public sealed class RedisCliTests(SharedFleet shared)
{
    private readonly SpeakerScript _script = Hearing.Speakers(1, utterances: 5)[0];

    [Fact]
    public async Task The_queue_shows_what_waits_and_is_empty_when_idle()
    {
        (await AskAsync("xlen", "audio_jobs")).ShouldBe(["0"]);

        // What comes when the worker stands still has to wait.
        var talks = (await Task.WhenAll(Hearing.Speakers(4, utterances: 8).Select(script => Talk.BeginAsync(shared.Gateway, script))))
            .ToList();
        using (await shared.Fleet.FreezeAtWorkAsync("stt-1", backlog: 8))
        {
            talks.Add(await Talk.BeginAsync(shared.Gateway, _script));
            await Until.TrueAsync(
                async () => await shared.Fleet.Redis.StreamLengthAsync(RedisKeys.AudioJobs) > await shared.Fleet.PendingAsync("stt-1"),
                "a segment that waits");
            var waiting = int.Parse((await AskAsync("xlen", "audio_jobs"))[0], CultureInfo.InvariantCulture);

            var group = Pairs(await AskAsync("xinfo", "groups", "audio_jobs"));
            group["name"].ShouldBe("stt_workers");
            group["consumers"].ShouldBe("1");
            var (pending, lag) = (Number(group["pending"]), Number(group["lag"]));
            pending.ShouldBeGreaterThan(0);
            lag.ShouldBeGreaterThan(0);
            // The worker stands still, and more may come.
            (pending + lag).ShouldBeInRange(waiting, Number((await AskAsync("xlen", "audio_jobs"))[0]));
            waiting.ShouldBeGreaterThanOrEqualTo(_script.Utterances.Count);

            var entry = await AskAsync("xrange", "audio_jobs", "-", "+", "count", "1");
            entry[0].ShouldMatch(@"^\d+-\d+$");
            var fields = Pairs([.. entry.Skip(1).Take(10)]);
            fields.Keys.ShouldBe(["client_id", "segment", "kind", "duration_ms", "job"]);
            talks.Select(talk => talk.ClientId).ShouldContain(fields["client_id"]);
            Number(fields["segment"]).ShouldBeInRange(0, 20);
            fields["kind"].ShouldBe("final");
            Number(fields["duration_ms"]).ShouldBeInRange(500, 28_000);
            var job = AudioJob.Read((await shared.Fleet.Redis.StreamRangeAsync(RedisKeys.AudioJobs, count: 1))[0]["job"]);
            job.DurationMs.ShouldBe((int)Number(fields["duration_ms"]));
        }

        foreach (var talk in talks)
        {
            await talk.Completed;
            await talk.DisposeAsync();
        }

        (await AskAsync("xlen", "audio_jobs")).ShouldBe(["0"]);
        Pairs(await AskAsync("xinfo", "groups", "audio_jobs"))["pending"].ShouldBe("0");
    }

    [Fact]
    public async Task A_clients_history_and_session_and_a_workers_heartbeat_are_as_described()
    {
        await using var talk = await Talk.BeginAsync(shared.Gateway, _script);
        await talk.Completed;
        var count = talk.Transcripts.Count;

        var ids = (await AskAsync("xrange", $"history:{talk.ClientId}", "-", "+"))
            .Where(line => line.EndsWith("-0", StringComparison.Ordinal));
        ids.ShouldBe(Enumerable.Range(1, count).Select(seq => $"{seq}-0"));
        var history = await shared.Fleet.Redis.StreamRangeAsync(RedisKeys.History(talk.ClientId));
        history.Select(entry => ResultEnvelope.ReadResult(entry["result"], (long)entry.StreamId.Milliseconds)).ShouldBe(talk.Transcripts);
        foreach (var key in (string[])["history", "session"])
            Number((await AskAsync("ttl", $"{key}:{talk.ClientId}"))[0]).ShouldBeInRange(3000, 3600);

        var session = await AskAsync("hmget", $"session:{talk.ClientId}", "segments", "released", "seq", "committed");
        session.Take(3).ShouldBe([$"{count}", $"{count}", $"{count}"]);
        double.Parse(session[3], CultureInfo.InvariantCulture).ShouldBe(_script.Seconds, tolerance: 0.1);

        await Until.TrueAsync(() => shared.Fleet.Redis.KeyExistsAsync(RedisKeys.Worker("stt-1")), "the worker's heartbeat");
        var worker = Pairs(await AskAsync("hgetall", "worker:stt-1"));
        worker["role"].ShouldBe("stt");
        worker["model"].ShouldBe("nano.en");
        worker["device"].ShouldNotBeEmpty();
        Number(worker["slots"]).ShouldBeGreaterThan(0);
        Number(worker["busy"]).ShouldBeGreaterThanOrEqualTo(0);
        Number(worker["pid"]).ShouldBe(shared.Fleet.PidOf("stt-1"));
    }

    [Fact]
    public async Task Monitor_shows_a_segments_way()
    {
        using var monitor = ProgramRun.Begin("redis-cli", Arguments("monitor"));
        try
        {
            using var limit = new CancellationTokenSource(Until.Patience);
            (await monitor.StandardOutput.ReadLineAsync(limit.Token)).ShouldBe("OK");
            await using var talk = await Talk.BeginAsync(shared.Gateway, _script);
            await talk.Completed;

            // All that is of this client, up to the publishing of its last result.
            var (queued, finished, published) = (0, 0, 0);
            var read = false;
            while (published < talk.Transcripts.Count)
            {
                var line = await monitor.StandardOutput.ReadLineAsync(limit.Token)
                    ?? throw new EndOfStreamException("the end of redis-cli monitor");
                read |= Shows(line, "xreadgroup", "stt_workers", "stt-1", "audio_jobs");
                if (Shows(line, "evalsha", "audio_jobs", $"session:{talk.ClientId}", "duration_ms"))
                    queued++;
                else if (Shows(line, "evalsha", "audio_jobs", $"session:{talk.ClientId}", $"results:{talk.ClientId}"))
                    finished++;
                else if (Shows(line, "lua] \"publish", $"results:{talk.ClientId}"))
                    published++;
            }

            queued.ShouldBe(talk.Transcripts.Count);
            finished.ShouldBe(talk.Transcripts.Count);
            read.ShouldBeTrue();
        }
        finally
        {
            monitor.Kill();
        }
    }

    private async Task<IReadOnlyList<string>> AskAsync(params string[] command)
    {
        var run = await ProgramRun.StartAsync("redis-cli", Arguments(command));
        run.ExitCode.ShouldBe(0, run.Errors);
        return run.Lines;
    }

    // Not by its URL: redis-cli takes what stands before ":password@" for a user, be it nothing.
    private string[] Arguments(params string[] command)
    {
        var redis = shared.Fleet.Redis.Options;
        return ["-p", $"{redis.Port}", "-a", redis.Password!, "--no-auth-warning", .. command];
    }

    private static bool Shows(string line, params string[] parts) =>
        parts.All(part => line.Contains(part, StringComparison.OrdinalIgnoreCase));

    /// <summary>redis-cli prints a map as name, value, name, value, each on a line of its own.</summary>
    private static Dictionary<string, string> Pairs(IReadOnlyList<string> lines) =>
        lines.Chunk(2).ToDictionary(pair => pair[0], pair => pair[1]);

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
