using System.Buffers;
using System.Text.Json;
using Speech.Audio.Files;
using Speech.Cli.Dead;
using Speech.Contracts.Jobs;
using Speech.Contracts.Sessions;
using Speech.Delivery;
using Speech.Delivery.Dead;
using Speech.Redis;
using StackExchange.Redis;

namespace Speech.Cli.Tests;

public sealed class DeadTests : IAsyncLifetime
{
    private RedisServer? _server;
    private RedisClient? _redis;

    private RedisServer Server => _server!;

    private RedisClient Redis => _redis!;

    public async Task InitializeAsync()
    {
        _server = await RedisServer.StartAsync();
        _redis = Connect(Server);
    }

    public async Task DisposeAsync()
    {
        await Redis.DisposeAsync();
        await Server.DisposeAsync();
    }

    [Fact]
    public async Task List_shows_what_was_given_up_and_why()
    {
        (await DeadAsync("list")).Output.ShouldBe("No job has been given up.\n");
        (await DeadAsync("list", "--json")).Output.ShouldBe("[]\n");

        var audio = await BuryAudioAsync(segment: 3);
        var translation = await BuryTranslationAsync();
        var run = await DeadAsync("list");
        run.Lines.Count.ShouldBe(3);
        foreach (var part in (string[])[$"{audio}", "audio_jobs", "ann", "3", "max_deliveries", "given to workers 3 times"])
            run.Lines[1].ShouldContain(part);
        run.Lines[2].ShouldContain($"{translation}");

        var jobs = JsonDocument.Parse((await DeadAsync("list", "--json", "--stream", "audio_jobs")).Output).RootElement;
        var job = jobs.EnumerateArray().ShouldHaveSingleItem();
        job.GetProperty("id").GetString().ShouldBe($"{audio}");
        job.GetProperty("client_id").GetString().ShouldBe("ann");
        job.GetProperty("segment").GetInt32().ShouldBe(3);
        job.GetProperty("deliveries").GetInt32().ShouldBe(3);
        job.GetProperty("cause").GetString().ShouldBe("max_deliveries");
        job.GetProperty("age_seconds").GetInt64().ShouldBeGreaterThanOrEqualTo(0);
        job.TryGetProperty("job", out _).ShouldBeFalse("audio is not listed");
    }

    [Fact]
    public async Task What_lies_in_Redis_cannot_steer_the_terminal()
    {
        var id = await Redis.ExecuteAsync("XADD", RedisKeys.Dead(RedisKeys.AudioJobs), "*",
            "client_id", "a\nb\u001b[2J", "cause", "\u009b31m", "reason", "it\u202eis\r\nso", "job", "x");
        var list = await DeadAsync("list");
        list.Lines.Count.ShouldBe(2);
        list.Output.Any(letter => letter != '\n' && char.IsControl(letter)).ShouldBeFalse(list.Output);
        var show = await DeadAsync("show", (string)id!);
        show.Output.ShouldContain(@"a\u000ab\u001b[2J");
        show.Output.Any(letter => letter != '\n' && char.IsControl(letter)).ShouldBeFalse(show.Output);
    }

    [Fact]
    public async Task A_job_whose_contents_were_not_kept_is_shown_and_not_put_back_and_does_not_stop_the_rest()
    {
        var cut = await Redis.StreamAddAsync(
            RedisKeys.Dead(RedisKeys.AudioJobs),
            [new("client_id", "ann"), new("segment", 3), new(DeadJobFields.Cut, "9 fields of 50000000 bytes in all"), new(
                DeadJobFields.Cause, "malformed_job"), new(DeadJobFields.Reason, "no job")]);
        var whole = await BuryAudioAsync(segment: 4);
        var last = await Redis.ExecuteAsync(
            "XADD", RedisKeys.Dead(RedisKeys.AudioJobs), "18446744073709551615-18446744073709551615", "reason", new byte[3000]);

        var listed = JsonDocument.Parse((await DeadAsync("list", "--json", "--stream", "audio_jobs")).Output).RootElement.EnumerateArray()
            .ToArray();
        listed.Select(job => job.GetProperty("id").GetString()).ShouldBe([$"{cut}", $"{whole}", ((string?)last)]);
        listed[0].GetProperty("cut").GetString().ShouldBe("9 fields of 50000000 bytes in all");
        listed[2].GetProperty("reason").GetString()!.Length.ShouldBe(1024);
        var show = await DeadAsync("show", $"{cut}");
        show.ExitCode.ShouldBe(0, show.Errors);
        show.Output.ShouldContain("it was larger than any job (9 fields of 50000000 bytes in all), and its contents were not kept");

        var retry = await DeadAsync("retry", $"{cut}", $"{whole}");
        retry.ExitCode.ShouldBe(1);
        retry.Errors.ShouldContain(
            $"{cut} of audio_jobs cannot be put back, it was larger than any job, and its contents were not kept; show or drop it.");
        retry.Output.ShouldContain("back on audio_jobs as");
        (await Redis.StreamRangeAsync(RedisKeys.Dead(RedisKeys.AudioJobs))).Select(entry => $"{entry.Id}")
            .ShouldBe([$"{cut}", ((string?)last)]);
        (await DeadAsync("drop", "--all")).ExitCode.ShouldBe(0);
        (await Redis.StreamLengthAsync(RedisKeys.Dead(RedisKeys.AudioJobs))).ShouldBe(0);
    }

    [Fact]
    public async Task A_retry_that_is_refused_half_way_has_changed_nothing()
    {
        var id = await BuryAudioAsync(segment: 3);
        await Redis.ExecuteAsync("ACL", "SETUSER", "keeper", "on", ">pw", "~*", "+@all", "-xdel");
        var url = Server.Url.Replace("redis://", "redis://keeper:pw@", StringComparison.Ordinal);
        var run = await CliRun.StartAsync("dead", "retry", $"{id}", "--redis-url", url);
        run.ExitCode.ShouldBe(1);
        run.Errors.ShouldContain("NOPERM");
        (await Redis.StreamLengthAsync(RedisKeys.AudioJobs)).ShouldBe(0);
        (await Redis.StreamLengthAsync(RedisKeys.Dead(RedisKeys.AudioJobs))).ShouldBe(1);
    }

    [Fact]
    public async Task More_jobs_than_a_page_holds_are_all_listed()
    {
        for (var segment = 0; segment < 40; segment++)
            await BuryAudioAsync(segment);
        var jobs = await new DeadJobs(Redis).ListAsync(DeadJobs.Streams, CancellationToken.None).ToListAsync();
        jobs.Select(job => job.Segment).ShouldBe(Enumerable.Range(0, 40).Select(segment => (int?)segment));
    }

    [Fact]
    public async Task Show_tells_all_and_lets_the_audio_be_heard()
    {
        var id = await BuryAudioAsync(segment: 3);
        var file = Path.GetTempFileName();
        try
        {
            var run = await DeadAsync("show", $"{id}", "--wav", file);
            run.ExitCode.ShouldBe(0, run.Errors);
            foreach (var part in (string[])["max_deliveries: given to workers 3 times", "client      ann, segment 3",
                "1.00 s to 1.50 s, 16000 bytes", "trace-1"])
                run.Output.ShouldContain(part);
            AudioFile.Load(file).Samples.Length.ShouldBe(8000);
        }
        finally
        {
            File.Delete(file);
        }

        var shown = JsonDocument.Parse((await DeadAsync("show", $"{id}", "--json")).Output).RootElement;
        shown.GetProperty("audio").GetProperty("start").GetDouble().ShouldBe(1);
    }

    [Fact]
    public async Task Retry_puts_a_job_back_as_it_was_and_counts_how_often()
    {
        var id = await BuryAudioAsync(segment: 3);
        var run = await DeadAsync("retry", $"{id}", "--json");
        run.ExitCode.ShouldBe(0, run.Errors);
        var outcome = JsonDocument.Parse(run.Output).RootElement.EnumerateArray().ShouldHaveSingleItem().GetProperty("outcome").GetString();

        var entry = (await Redis.StreamRangeAsync(RedisKeys.AudioJobs)).ShouldHaveSingleItem();
        outcome.ShouldBe($"back on audio_jobs as {entry.Id}");
        entry.Values.Select(field => (string?)field.Name).ShouldBe(["client_id", "segment", "kind", "duration_ms", "job", "retried"]);
        entry.GetString("retried").ShouldBe("1");
        AudioJob.Read(entry["job"]).Segment.ShouldBe(3);
        (await Redis.StreamLengthAsync(RedisKeys.Dead(RedisKeys.AudioJobs))).ShouldBe(0);

        // Once more: given up again, put back again.
        await Redis.StreamDeleteAsync(RedisKeys.AudioJobs, [entry.StreamId]);
        await Redis.StreamAddAsync(RedisKeys.Dead(RedisKeys.AudioJobs), entry.Values);
        await DeadAsync("retry", "--all");
        (await Redis.StreamRangeAsync(RedisKeys.AudioJobs)).ShouldHaveSingleItem().GetString("retried").ShouldBe("2");
    }

    [Fact]
    public async Task Drop_deletes_what_is_named_or_all()
    {
        var first = await BuryAudioAsync(segment: 0);
        await BuryAudioAsync(segment: 1);
        await BuryTranslationAsync();
        (await DeadAsync("drop", $"{first}")).ExitCode.ShouldBe(0);
        (await Redis.StreamRangeAsync(RedisKeys.Dead(RedisKeys.AudioJobs))).ShouldHaveSingleItem().GetString("segment").ShouldBe("1");
        (await DeadAsync("drop", "--all")).Lines.Count.ShouldBe(2);
        (await DeadAsync("list")).Output.ShouldBe("No job has been given up.\n");
        (await Redis.StreamLengthAsync(RedisKeys.AudioJobs)).ShouldBe(0);
    }

    [Fact]
    public async Task What_is_not_clear_changes_nothing()
    {
        await BuryAudioAsync(segment: 0);
        await BuryAudioAsync(segment: 1);
        var ambiguous = await DeadAsync("drop", "1");
        ambiguous.ExitCode.ShouldBe(1);
        ambiguous.Errors.ShouldContain("2 dead jobs' ids begin with 1");
        var unknown = await DeadAsync("retry", "999");
        unknown.ExitCode.ShouldBe(1);
        unknown.Errors.ShouldContain("No dead job's id begins with 999");
        (await DeadAsync("retry")).ExitCode.ShouldBe(2);
        (await DeadAsync("drop", "1", "--all")).ExitCode.ShouldBe(2);
        (await Redis.StreamLengthAsync(RedisKeys.Dead(RedisKeys.AudioJobs))).ShouldBe(2);
    }

    [Fact]
    public async Task A_Redis_that_is_not_there_is_named()
    {
        var run = await CliRun.StartAsync("dead", "list", "--redis-url", $"redis://127.0.0.1:{RedisServer.FreePort()}");
        run.ExitCode.ShouldBe(1);
        run.Errors.ShouldContain("--redis-url or REDIS_URL names another one");
    }

    [Fact]
    public void A_whole_id_is_meant_though_it_begins_another()
    {
        var (one, ten) = (Job(new StreamId(17, 1)), Job(new StreamId(17, 10)));
        DeadSelection.Select([one, ten], ["17-1"], out var problems).ShouldBe([one]);
        problems.ShouldBeEmpty();
        DeadSelection.Select([one, ten], ["17-1", "17-10", "17-1"], out _).ShouldBe([one, ten]);

        static DeadJob Job(StreamId id) =>
            new("audio_jobs", id, default, default, null, null, null, null, null, null, null, null, null, null);
    }

    private static RedisClient Connect(RedisServer server) => new(RedisOptions.Parse(server.Url));

    private Task<CliRun> DeadAsync(params string[] arguments) => CliRun.StartAsync(["dead", .. arguments, "--redis-url", Server.Url]);

    private Task<StreamId> BuryAudioAsync(int segment)
    {
        var job = new AudioJob
        {
            ClientId = "ann",
            Segment = segment,
            Kind = AudioJobKind.Final,
            Start = 1,
            End = 1.5,
            TraceId = "trace-1",
            CreatedAt = DateTimeOffset.UtcNow,
            Audio = new byte[16_000],
        };
        var body = new ArrayBufferWriter<byte>();
        job.Write(body);
        return Redis.StreamAddAsync(
            RedisKeys.Dead(RedisKeys.AudioJobs),
            [
                new(AudioJobFields.ClientId, job.ClientId), new(AudioJobFields.Segment, segment), new(AudioJobFields.Kind, "final"), new(
                    AudioJobFields.DurationMs, 500),
                new(AudioJobFields.Job, body.WrittenMemory), new(DeadJobFields.Cause, "max_deliveries"),
                new(DeadJobFields.Reason, "given to workers 3 times"), new(DeadJobFields.Deliveries, 3),
            ]);
    }

    private Task<StreamId> BuryTranslationAsync() => Redis.StreamAddAsync(
        RedisKeys.Dead(RedisKeys.TranslationJobs),
        [new("client_id", "ann"), new("segment", 3), new("language", "fr"), new("job", "x"), new(
            DeadJobFields.Reason, "the model failed on it")]);
}
