using System.Globalization;
using System.Text;
using Speech.Contracts.Jobs;
using Speech.Contracts.Server;
using Speech.Delivery.Jobs;
using Speech.Delivery.Sessions;
using Speech.Redis;
using StackExchange.Redis;

namespace Speech.Delivery.Tests;

/// <summary>
/// What lies in Redis may come from anybody. No script may fail between two writes, whatever it finds and whatever it is given.
/// </summary>
public class HostileRedisTests(JobsFixture fixture) : IClassFixture<JobsFixture>
{
    private static readonly string[] Keys = ["session:anna", "history:anna", "audio_jobs:dead", "translation_jobs", "audio_jobs"];

    private static readonly string[] Numbers =
    [
        "", "x", "-1", "0", "1", "3", "99", "2147483647", "2147483648", "9007199254740991", "9007199254740993", "9223372036854775806",
        "18446744073709551615", "1e300", "nan", "inf", "-inf", "0x10", " 1", "1.5", "\0",
    ];

    private static readonly string[] Fields =
    [
        "segments", "released", "seq", "committed", "owner", "key", "resume", "last", "job:0", "job:1", "job:fr:0", "held:0", "held:1",
        "held:2",
        "held:fr:0", "translating:fr", "translating:fr:0", "translating:fr:1",
    ];

    [Trait("Speed", "Slow")]
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task A_script_does_all_or_nothing_and_an_entry_is_waiting_pending_dead_or_finished(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 60; round++)
        {
            await using var bench = await Bench.CreateAsync(fixture.Server);
            var entries = await bench.EnqueueAndReadAsync(3);
            var steps = new List<string>();
            for (var step = 0; step < 8; step++)
            {
                var entry = entries[random.Next(entries.Length)];
                var harm = await HarmAsync(bench.Redis, random);
                var before = await EverythingAsync(bench.Redis);
                var isIn = await IsOnStreamAsync(bench.Redis, entry.Id);
                var (call, failed, isEnd) = await CallAsync(bench, random, entry);
                steps.Add($"{harm}; {call}{(failed is null ? "" : $" failed: {failed}")}");
                var story = $"seed {seed}, round {round}:\n{string.Join('\n', steps)}";
                if (failed is not null)
                    (await EverythingAsync(bench.Redis)).ShouldBe(before, story);
                else if (isIn && isEnd && !await IsOnStreamAsync(bench.Redis, entry.Id))
                    (await IsAccountedForAsync(bench.Redis)).ShouldBeTrue(story);
                await NothingIsForgottenAsync(bench.Redis, story);
            }
        }
    }

    [Theory]
    [InlineData(4_500)]
    [InlineData(20_000)]
    public async Task An_entry_of_thousands_of_fields_is_given_up_and_what_is_kept_of_it_says_so(int fields)
    {
        await using var bench = await Bench.CreateAsync(fixture.Server);
        await bench.Redis.StreamAddAsync(
            RedisKeys.AudioJobs,
            [new("client_id", "anna"), new("segment", "7"), .. Enumerable.Range(0, fields).Select(i => new NameValueEntry($"f{i}", "x"))]);
        var entry = (await bench.ReadAsync(1))[0];
        (await bench.Completion.BuryAsync(entry, "malformed_job", "no job", bench.Patience)).ShouldBeTrue();
        (await bench.Redis.StreamLengthAsync(RedisKeys.AudioJobs)).ShouldBe(0);
        var dead = (await bench.Redis.StreamRangeAsync(RedisKeys.Dead(RedisKeys.AudioJobs))).ShouldHaveSingleItem();
        dead.GetString("client_id").ShouldBe("anna");
        dead.GetString("segment").ShouldBe("7");
        dead.GetString("cause").ShouldBe("malformed_job");
        dead.GetString("cut").ShouldStartWith($"{fields + 2} fields of ");
    }

    [Fact]
    public async Task The_dead_stream_keeps_within_its_bytes_and_the_newest_stay()
    {
        await using var bench = await Bench.CreateAsync(fixture.Server, options: new JobOptions { MaxDeadBytes = 4 << 20 });
        for (var i = 0; i < 30; i++)
        {
            // The last one alone has more bytes than any job.
            await bench.Redis.StreamAddAsync(
                RedisKeys.AudioJobs, [new("client_id", $"c{i}"), new("job", new byte[i == 29 ? 20 << 20 : 500_000])]);
            var entry = (await bench.ReadAsync(1))[0];
            (await bench.Completion.BuryAsync(entry, "malformed_job", "no job", bench.Patience)).ShouldBeTrue();
            ((long)(await bench.Redis.ExecuteAsync("MEMORY", "USAGE", "audio_jobs:dead", "SAMPLES", "0"))).ShouldBeLessThan(4 << 20);
        }
        var dead = await bench.Redis.StreamRangeAsync(RedisKeys.Dead(RedisKeys.AudioJobs));
        dead.Length.ShouldBeInRange(5, 29);
        dead[^1].GetString("client_id").ShouldBe("c29");
        dead[^1].FindString("cut").ShouldNotBeNull();
        dead[^2]["job"].GetLongByteCount().ShouldBe(500_000);
    }

    [Theory]
    [InlineData("18446744073709551615-18446744073709551615")]
    [InlineData("9223372036854775806-0")]
    [InlineData("9007199254740991-0")]
    public async Task A_history_without_room_for_the_next_number_is_begun_anew_and_the_result_comes(string id)
    {
        await using var bench = await Bench.CreateAsync(fixture.Server);
        var entry = (await bench.EnqueueAndReadAsync(1))[0];
        await bench.Redis.ExecuteAsync("XADD", "history:anna", id, "result", "junk");
        (await bench.FinishAsync(entry, 0)).ShouldBeTrue();
        (await bench.HearAsync(1))[0].ShouldBe(new ResultEnvelope(1, Bench.Transcript(0) with { Seq = 1 }));
        (await bench.ReadHistoryAsync()).ShouldHaveSingleItem().Seq.ShouldBe(1);
    }

    [Theory]
    [InlineData("segments", "2147483647", "released", "2147483647")]
    [InlineData("segments", "2147483647", "released", "0")]
    [InlineData("segments", "5")]
    [InlineData("segments", "3", "released", "7")]
    [InlineData("committed", "0x10")]
    [InlineData("committed", "nan")]
    [InlineData("committed", "-1")]
    [InlineData("committed", " 1")]
    [InlineData("seq", "9223372036854775806")]
    [InlineData("seq", "1e3")]
    public async Task A_session_that_a_client_could_not_go_on_from_is_begun_anew_when_it_is_opened(params string[] fields)
    {
        await using var bench = await Bench.CreateAsync(fixture.Server);
        await bench.Redis.ExecuteAsync("HSET", ["session:anna", .. fields.Select(field => (RedisValue)field)]);
        (await bench.Sessions.ReadAsync("anna", bench.Patience)).Released.ShouldBeInRange(0, int.MaxValue);
        var hold = bench.Holds.Create("anna", "hers", "g1");
        (await hold.OpenAsync(bench.Patience)).IsOurs.ShouldBeTrue();
        (await hold.ClaimAsync(0, bench.Patience)).IsKnown.ShouldBeFalse();
        var state = await bench.Sessions.ReadAsync("anna", bench.Patience);
        (state.Segments, state.CommittedSeconds, state.Seq, state.Released).ShouldBe((0, 0, 0, 0));
        (await hold.EnqueueAsync(Bench.Job(0), new SessionProgress(1, default), 0, most: 0, bench.Patience)).ShouldBe(HoldResult.Done);
    }

    [Fact]
    public async Task Of_a_session_only_what_can_be_owed_is_read()
    {
        await using var bench = await Bench.CreateAsync(fixture.Server);
        await bench.EnqueueAndReadAsync(3);
        await bench.Redis.ExecuteAsync(
            "HSET", "session:anna", "translating:fr:1", "", "translating:fr", "1", "translating:fr:99999999999", "",
            "translating:a:b:1", "", "held:5", new byte[1 << 20], $"translating:{new string('x', 100)}:1", "");
        (await bench.Sessions.ReadAsync("anna", bench.Patience)).Translating.ShouldBe([(1, "fr")]);
    }

    [Fact]
    public async Task A_history_of_the_greatest_numbers_is_read_to_its_end()
    {
        await using var bench = await Bench.CreateAsync(fixture.Server);
        for (var i = 0; i < 300; i++)
            await bench.Redis.ExecuteAsync(
                "XADD", "history:anna", $"18446744073709551615-{ulong.MaxValue - 299 + (ulong)i}", "result", "junk");
        (await bench.ReadHistoryAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_session_of_another_type_is_made_anew_and_the_result_comes()
    {
        await using var bench = await Bench.CreateAsync(fixture.Server);
        var entry = (await bench.EnqueueAndReadAsync(1))[0];
        await bench.Redis.SetAsync("session:anna", "not a hash");
        (await bench.FinishAsync(entry, 0)).ShouldBeTrue();
        (await bench.HearAsync(1))[0].ShouldBe(new ResultEnvelope(1, Bench.Transcript(0) with { Seq = 1 }));
        (await bench.Redis.StreamLengthAsync(RedisKeys.AudioJobs)).ShouldBe(0);
    }

    [Fact]
    public async Task What_a_user_may_not_do_is_refused_before_anything_is_done()
    {
        await using var bench = await Bench.CreateAsync(fixture.Server);
        var entry = (await bench.EnqueueAndReadAsync(1))[0];
        await bench.Redis.ExecuteAsync("ACL", "SETUSER", "mute", "on", ">pw", "~*", "resetchannels", "+@all");
        await using var mute = new RedisClient(RedisOptions.Parse(fixture.Server.Url) with { Username = "mute", Password = "pw" });
        var completion = new JobCompletion(mute, new JobOptions(), new NoObserver(), TimeProvider.System,
            Microsoft.Extensions.Logging.Abstractions.NullLogger<JobCompletion>.Instance);
        var before = await EverythingAsync(bench.Redis);
        var refused =
            await Should.ThrowAsync<RedisServerException>(() => completion.FinishAsync(entry, Bench.Transcript(0), [], bench.Patience));
        refused.Message.ShouldContain("NOPERM");
        refused.Message.ShouldContain("PUBLISH");
        (await EverythingAsync(bench.Redis)).ShouldBe(before);
        (await bench.FinishAsync(entry, 0)).ShouldBeTrue();
    }

    [Theory]
    [InlineData("xdel")]
    [InlineData("hdel")]
    [InlineData("hset")]
    [InlineData("del")]
    [InlineData("xadd")]
    [InlineData("xtrim")]
    [InlineData("xrange")]
    [InlineData("expire")]
    [InlineData("publish")]
    [InlineData("hget")]
    [InlineData("hmget")]
    [InlineData("hlen")]
    [InlineData("hexists")]
    [InlineData("xinfo")]
    [InlineData("type")]
    [InlineData("xack")]
    public async Task A_job_that_cannot_be_given_up_without_a_command_stays_pending_with_all_as_it_was(string command)
    {
        await using var bench = await Bench.CreateAsync(fixture.Server);
        var entry = (await bench.EnqueueAndReadAsync(1))[0];
        await bench.Redis.ExecuteAsync("XADD", "history:anna", "1-0", "result", "junk");
        await bench.Redis.ExecuteAsync("ACL", "SETUSER", $"no-{command}", "on", ">pw", "~*", "&*", "+@all", $"-{command}");
        await using var user = new RedisClient(RedisOptions.Parse(fixture.Server.Url) with { Username = $"no-{command}", Password = "pw" });
        var completion = new JobCompletion(user, new JobOptions(), new NoObserver(), TimeProvider.System,
            Microsoft.Extensions.Logging.Abstractions.NullLogger<JobCompletion>.Instance);
        var before = await EverythingAsync(bench.Redis);
        await Should.ThrowAsync<RedisServerException>(
            () => completion.AbandonAsync(entry, new Failed(0, 0, Failed.Transcribing, "x", "y"), bench.Patience));
        (await EverythingAsync(bench.Redis)).ShouldBe(before);
        await NothingIsForgottenAsync(bench.Redis, command);
    }

    [Theory]
    [InlineData("xlen")]
    [InlineData("memory")]
    [InlineData("exists")]
    public async Task A_job_is_given_up_without_what_only_helps(string command)
    {
        await using var bench = await Bench.CreateAsync(fixture.Server);
        var entry = (await bench.EnqueueAndReadAsync(1))[0];
        await bench.Redis.ExecuteAsync("ACL", "SETUSER", $"no-{command}", "on", ">pw", "~*", "&*", "+@all", $"-{command}");
        await using var user = new RedisClient(RedisOptions.Parse(fixture.Server.Url) with { Username = $"no-{command}", Password = "pw" });
        var completion = new JobCompletion(user, new JobOptions(), new NoObserver(), TimeProvider.System,
            Microsoft.Extensions.Logging.Abstractions.NullLogger<JobCompletion>.Instance);
        (await completion.AbandonAsync(entry, new Failed(0, 0, Failed.Transcribing, "x", "y"), bench.Patience)).ShouldBeTrue();
        (await bench.Redis.StreamLengthAsync(RedisKeys.AudioJobs)).ShouldBe(0);
        (await bench.Redis.StreamLengthAsync(RedisKeys.Dead(RedisKeys.AudioJobs))).ShouldBe(1);
    }

    [Fact]
    public async Task Who_opens_a_client_of_other_credentials_keeps_nothing_alive()
    {
        await using var bench = await Bench.CreateAsync(fixture.Server);
        (await bench.Holds.Create("anna", "hers", "g1").OpenAsync(bench.Patience)).IsOurs.ShouldBeTrue();
        await bench.Redis.KeyExpireAsync("session:anna", TimeSpan.FromSeconds(20));
        (await bench.Holds.Create("anna", "his", "g1").OpenAsync(bench.Patience)).IsOurs.ShouldBeFalse();
        (await bench.Redis.KeyTimeToLiveAsync("session:anna")).ShouldNotBeNull().ShouldBeLessThanOrEqualTo(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task A_session_without_a_segment_lives_for_a_minute_and_with_one_as_long_as_the_history()
    {
        await using var bench = await Bench.CreateAsync(fixture.Server);
        var hold = bench.Holds.Create("anna", "hers", "g1");
        await hold.OpenAsync(bench.Patience);
        await hold.ClaimAsync(0, bench.Patience);
        await hold.KeepAliveAsync(new SessionProgress(1, default), bench.Patience);
        (await bench.Redis.KeyTimeToLiveAsync("session:anna")).ShouldNotBeNull()
            .ShouldBeInRange(TimeSpan.FromSeconds(50), TimeSpan.FromSeconds(60));
        (await hold.EnqueueAsync(Bench.Job(0), new SessionProgress(1, default), 0, most: 0, bench.Patience)).ShouldBe(HoldResult.Done);
        (await bench.Redis.KeyTimeToLiveAsync("session:anna")).ShouldNotBeNull().ShouldBeGreaterThan(TimeSpan.FromMinutes(50));
    }

    /// <summary>Changes something behind the scripts' backs; mostly a little, so that they come far.</summary>
    private static async Task<string> HarmAsync(RedisClient redis, Random random)
    {
        RedisValue[] command = random.Next(8) switch
        {
            0 => ["SET", Keys[random.Next(4)], "a string"],
            1 => ["DEL", Keys[random.Next(4)]],
            2 => ["HSET", "session:anna", Pick(random, Fields), Bytes(random)],
            3 => ["XADD", Keys[random.Next(1, 4)], $"{Pick(random, Numbers)}-{Pick(random, Numbers)}", "result", Bytes(random)],
            4 or 5 => ["HSET", "session:anna", Pick(random, Fields), Pick(random, Numbers)],
            6 => ["LPUSH", Keys[random.Next(4)], "a list"],
            _ => ["PING"],
        };
        try
        {
            await redis.ExecuteAsync(command[0]!, [.. command[1..].Cast<object>()]);
            return string.Join(' ', command.Select(argument => argument.ToString()));
        }
        catch (RedisServerException)
        {
            return "-"; // refused by Redis itself
        }
    }

    private static async Task<(string Call, string? Failed, bool IsEnd)> CallAsync(Bench bench, Random random, JobEntry entry)
    {
        var hold = bench.Holds.Create("anna", Pick(random, "hers", "his"), "g1");
        var segment = random.Next(4);
        var progress = new SessionProgress(random.Next(3) * 1.5, Encoding.UTF8.GetBytes("state"));
        FollowingTranslation[] following = random.Next(2) == 0 ? [] : [FollowingTranslation.Of(Bench.TranslationJob(segment, "fr"))];
        (string Name, Func<Task> Run, bool IsEnd)[] calls =
        [
            ("finish", () => bench.FinishAsync(entry, segment, null, following), true),
            ("give up", () => bench.Completion.AbandonAsync(
                entry, new Failed(0, segment, Failed.Transcribing, "x", "y"), bench.Patience), true),
            ("bury", () => bench.Completion.BuryAsync(entry, "x", "y", bench.Patience), true),
            ("translation", () => bench.Completion.FinishAsync(entry, new Translation(0, segment, "fr", "oui"), [], bench.Patience), true),
            ("enqueue", () => bench.EnqueueAsync(segment + 2), false),
            ("open", () => hold.OpenAsync(bench.Patience), false),
            ("claim", () => hold.ClaimAsync(random.NextInt64(), bench.Patience), false),
            ("keep alive", () => hold.KeepAliveAsync(progress, bench.Patience), false),
            ("release", () => hold.ReleaseAsync(bench.Patience), false),
            ("read", () => bench.Sessions.ReadAsync("anna", bench.Patience), false),
            ("history", () => bench.ReadHistoryAsync(), false),
            ("lost", () => bench.Losses.FailAsync(
                "anna", [new Failed(0, segment, Failed.Transcribing, "lost", "z")], bench.Patience), false),
            ("restore", () => hold.RestoreAsync(
                segment, progress, random.Next(5), [new Failed(0, 1, Failed.Transcribing, "lost", "z")], bench.Patience), false),
            ("raw", () => RawAsync(bench.Redis, random, entry), false),
        ];
        var (name, run, isEnd) = calls[random.Next(calls.Length)];
        try
        {
            await run();
            return (name, null, isEnd);
        }
        catch (RedisServerException error)
        {
            // With arguments of ours, an error is one that the script gives, not one that it runs into.
            if (name != "raw")
                error.Message.ShouldNotContain("script:");
            return (name, error.Message, isEnd);
        }
    }

    /// <summary>A script with arguments that nobody would give.</summary>
    private static Task<RedisResult> RawAsync(RedisClient redis, Random random, JobEntry entry)
    {
        (RedisScript Script, int Keys, int Arguments)[] scripts =
        [
            (JobScripts.Enqueue, 3, 9), (JobScripts.Finish, 5, 16), (SessionScripts.KeepAlive, 2, 4), (JobScripts.Lost, 2, 2),
            (SessionScripts.Open, 2, 2), (SessionScripts.Read, 1, 0), (SessionScripts.Claim, 2, 4), (SessionScripts.Release, 1, 1),
            (SessionScripts.Restore, 2, 9),
        ];
        var (script, keys, count) = scripts[random.Next(scripts.Length)];
        RedisKey[] names = keys == 5 || keys == 3
            ? ["audio_jobs", "session:anna", "history:anna", "translation_jobs", "audio_jobs:dead"]
            : ["session:anna", "history:anna"];
        var arguments = Enumerable.Range(0, count).Select(_ => (RedisValue)Pick(random, Numbers)).ToArray();
        if (script == JobScripts.Finish)
            (arguments[0], arguments[1]) = (RedisKeys.SttWorkers, entry.Id);
        return redis.EvalAsync(script, names[..keys], arguments);
    }

    /// <summary>Each entry of the stream is pending, or was never given out.</summary>
    private static async Task NothingIsForgottenAsync(RedisClient redis, string story)
    {
        var pending = (await redis.StreamPendingRangeAsync(RedisKeys.AudioJobs, RedisKeys.SttWorkers, 100)).Select(entry => entry.StreamId)
            .ToHashSet();
        var groups = await redis.RunAsync(database => database.StreamGroupInfoAsync(RedisKeys.AudioJobs));
        var given = StreamId.Parse(groups.ShouldHaveSingleItem().LastDeliveredId!);
        foreach (var entry in await redis.StreamRangeAsync(RedisKeys.AudioJobs))
            (pending.Contains(entry.StreamId) || entry.StreamId > given)
                .ShouldBeTrue($"{entry.Id} is neither waiting nor pending. {story}");
    }

    /// <summary>A job that has left its stream has left a result or lies among the dead.</summary>
    private static async Task<bool> IsAccountedForAsync(RedisClient redis)
    {
        foreach (var key in (string[])["history:anna", "audio_jobs:dead"])
        {
            if (((string?)(await redis.ExecuteAsync("TYPE", key))) == "stream" && await redis.StreamLengthAsync(key) > 0)
                return true;
        }
        var session = ((string?)(await redis.ExecuteAsync("TYPE", "session:anna"))) == "hash"
            ? await redis.HashGetAllAsync("session:anna") : [];
        return session.Any(field => field.Name.StartsWith("held:")) || session.FindString("released") is not null;
    }

    private static async Task<bool> IsOnStreamAsync(RedisClient redis, StreamId id) =>
        (await redis.StreamRangeAsync(RedisKeys.AudioJobs, id, id)).Length == 1;

    /// <summary>All keys with all that is in them, as text.</summary>
    private static async Task<string> EverythingAsync(RedisClient redis)
    {
        var text = new StringBuilder();
        foreach (var key in Keys)
        {
            var dump = ((byte[]?)(await redis.ExecuteAsync("DUMP", key)));
            var expires = ((long)(await redis.ExecuteAsync("EXPIRETIME", key)));
            text.Append(CultureInfo.InvariantCulture, $"{key} until {expires}: {(dump is null ? "-" : Convert.ToHexString(dump))}\n");
        }
        return text.ToString();
    }

    private static T Pick<T>(Random random, params T[] from) => from[random.Next(from.Length)];

    private static byte[] Bytes(Random random)
    {
        var bytes = new byte[random.Next(12)];
        random.NextBytes(bytes);
        return bytes;
    }
}
