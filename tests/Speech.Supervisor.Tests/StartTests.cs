using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Speech.Redis;
using Speech.Supervisor.Processes;
using StackExchange.Redis;

namespace Speech.Supervisor.Tests;

[Trait("Speed", "Slow")]
public class StartTests
{
    [Fact]
    public async Task Services_start_when_Redis_answers_and_all_is_reported_when_all_are_healthy()
    {
        await using var run = await SupervisorRun.StartReadyAsync(["--stt-workers", "2", "--translation-workers", "2", "--gateways", "2"]);

        foreach (var name in (string[])["stt-1", "stt-2", "translation-1", "translation-2", "gateway-1", "gateway-2"])
            run.Events.ShouldContain($"{name} started with Redis +PONG {run.PidOf(name)}");
        run.Errors.IndexOf("redis is ready", StringComparison.Ordinal)
            .ShouldBeLessThan(run.Errors.IndexOf("stt-1 is ready", StringComparison.Ordinal));
        var ready = run.Ready();
        ready.GetProperty("pid").GetInt32().ShouldBe(run.ProcessId);
        ready.GetProperty("gateways").GetArrayLength().ShouldBe(2);
        ready.GetProperty("workers").EnumerateArray().Select(worker => worker.GetProperty("name").GetString())
            .ShouldBe(["stt-1", "stt-2", "translation-1", "translation-2"]);
        using var http = new HttpClient();
        foreach (var worker in ready.GetProperty("workers").EnumerateArray())
            (await http.GetStringAsync(worker.GetProperty("health").GetString())).ShouldBe("ok");
        await run.UntilAsync(() => run.Output.Contains("Ctrl-C", StringComparison.Ordinal), "the summary");
        run.Output.ShouldContain($"ws://{new Uri(ready.GetProperty("gateways")[0].GetString()!).Authority}/ws");
        run.Output.ShouldContain(run.Logs);
        (await File.ReadAllTextAsync(Path.Combine(run.Logs, "stt-2.log"))).ShouldContain("stt-2 listens");
    }

    [Fact]
    public async Task Every_part_has_a_session_of_its_own_so_that_the_terminal_interrupts_only_the_supervisor()
    {
        await using var run = await SupervisorRun.StartReadyAsync();

        foreach (var pid in run.Pids())
        {
            var (parent, session) = (SupervisorRun.Stat(pid)[1], SupervisorRun.Stat(pid)[3]);
            parent.ShouldBe($"{run.ProcessId}");
            session.ShouldBe($"{pid}");
        }
    }

    [Fact]
    public async Task Services_get_their_settings_and_Redis_only_a_bare_environment()
    {
        await using var run = await SupervisorRun.StartReadyAsync(["--set", "MODEL_SIZE=none", "--set", "MODEL_SIZE=nano.en"]);

        var worker = await EnvironmentOfAsync(run.PidOf("stt-1"));
        worker.ShouldContain("MODEL_SIZE=nano.en");
        worker.ShouldContain("WORKER_ID=stt-1");
        worker.ShouldContain($"REDIS_URL=redis://127.0.0.1:{run.RedisUrl().Port}");
        (await EnvironmentOfAsync(run.PidOf("redis")))
            .ShouldNotContain(variable => variable.StartsWith("A_SECRET_OF_SOMEONE", StringComparison.Ordinal));
        (run.Errors + run.Output).ShouldNotContain("unlikely-words");
    }

    [Fact]
    public async Task Its_own_Redis_has_a_limit_and_a_password_that_only_its_owner_can_read_and_that_stays_with_the_data()
    {
        await using var run = await SupervisorRun.StartReadyAsync(["--redis-maxmemory", "300mb"]);
        var password = (await File.ReadAllTextAsync(run.InData("redis.password"))).Trim();

        password.Length.ShouldBe(64);
        (await EnvironmentOfAsync(run.PidOf("stt-1"))).ShouldContain($"REDIS_PASSWORD={password}");
        foreach (var file in (string[])[run.InData("redis.password"), run.InData("redis.conf"), run.InData("fleet.json"), run.ReadyFile])
            File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite, file);
        foreach (var pid in run.Pids().Append(run.ProcessId))
            (await File.ReadAllTextAsync($"/proc/{pid}/cmdline")).ShouldNotContain(password);
        await run.UntilAsync(() => run.Output.Contains("redis-cli -p", StringComparison.Ordinal), "the summary");
        (run.Output + run.Errors + string.Concat(Directory.GetFiles(run.Logs).Select(File.ReadAllText))).ShouldNotContain(password);
        run.Output.ShouldContain($"REDISCLI_AUTH=$(cat {run.InData("redis.password")}) redis-cli -p {run.RedisUrl().Port}");

        var port = run.RedisUrl().Port;
        await using (var stranger = new RedisClient(RedisOptions.Parse($"redis://127.0.0.1:{port}")))
            (await Should.ThrowAsync<RedisException>(() => stranger.PingAsync())).GetBaseException().Message.ShouldContain("NOAUTH");
        await using var redis = new RedisClient(RedisOptions.Parse(run.RedisUrl().OriginalString));
        ((string)(await redis.ExecuteAsync("INFO", ["memory"]))!).ShouldContain($"maxmemory:{300 * 1024 * 1024}");

        run.Send(Signal.Terminate);
        await run.EndAsync();
        await using var again = await SupervisorRun.StartReadyAsync(folder: run.Folder);
        (await File.ReadAllTextAsync(run.InData("redis.password"))).Trim().ShouldBe(password);
    }

    [Fact]
    public async Task Workers_of_several_supervisors_on_one_Redis_are_told_apart_by_a_prefix()
    {
        await using var run = await SupervisorRun.StartReadyAsync(["--worker-prefix", "b-"]);

        (await EnvironmentOfAsync(run.Ready().GetProperty("workers")[0].GetProperty("pid").GetInt32())).ShouldContain("WORKER_ID=b-stt-1");
        run.Ready().GetProperty("workers")[0].GetProperty("name").GetString().ShouldBe("stt-1");
    }

    [Fact]
    public async Task A_taken_port_is_an_error_that_names_the_option()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
        await using var run = SupervisorRun.Start(["--port", port]);

        (await run.EndAsync()).ShouldBe(ExitCodes.Failed);

        run.Errors.ShouldContain($"Port {port} on 127.0.0.1 is in use");
        run.Errors.ShouldContain("--port");
        run.Events.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_service_that_never_becomes_healthy_fails_the_start_with_its_last_lines()
    {
        await using var run = SupervisorRun.Start(["--gateways", "0", "--start-timeout", "5"], worker: "FAKE_UNHEALTHY=1 FAKE_OUTPUT=100");

        (await run.EndAsync()).ShouldBe(ExitCodes.Failed);

        run.Errors.ShouldContain("stt-1 was not ready within 5 s");
        run.Errors.ShouldContain("/health answers 503");
        run.Errors.ShouldContain("stt-1 line 100");
        run.Errors.ShouldNotContain("stt-1 line 50\n");
        run.Errors.ShouldContain("redis stopped");
        File.Exists(run.ReadyFile).ShouldBeFalse();
    }

    [Fact]
    public async Task A_service_that_says_it_has_failed_is_not_waited_for()
    {
        const string Health = /*lang=json*/ """{"status":"degraded","model":{"status":"degraded","state":"failed","error":"no model is called enormous"}}""";
        await using var run = SupervisorRun.Start(
            ["--gateways", "0", "--start-timeout", "3600"], worker: $"FAKE_OUTPUT=30 FAKE_UNHEALTHY='{Health}'");

        (await run.EndAsync()).ShouldBe(ExitCodes.Failed);

        run.Errors.ShouldContain("stt-1 cannot become ready: model: no model is called enormous; the end of ");
        run.Errors.ShouldContain("stt-1 line 30");
    }

    [Fact]
    public async Task A_service_that_ends_at_once_fails_the_start_with_its_exit_code_and_last_lines()
    {
        await using var run = SupervisorRun.Start([], gateway: "FAKE_EXIT=7");

        (await run.EndAsync()).ShouldBe(ExitCodes.Failed);

        run.Errors.ShouldContain("gateway-1 ended before it was ready (exit code 7)");
        run.Errors.ShouldContain("the fake disk is full");
    }

    [Fact]
    public async Task A_Redis_that_already_runs_is_used_and_left_running()
    {
        await using var owner = await SupervisorRun.StartReadyAsync(["--stt-workers", "0", "--gateways", "0"]);
        await using (var guest = await SupervisorRun.StartReadyAsync(["--redis-url", owner.RedisUrl().OriginalString]))
        {
            guest.Events.ShouldContain($"stt-1 started with Redis +PONG {guest.PidOf("stt-1")}");
            guest.Pids().Length.ShouldBe(2);
            guest.Send(Signal.Terminate);
            (await guest.EndAsync()).ShouldBe(ExitCodes.Stopped);
        }

        SupervisorRun.IsRunning(owner.PidOf("redis")).ShouldBeTrue();
    }

    [Fact]
    public async Task A_Redis_that_sentinels_know_of_is_used()
    {
        await using var master = await RedisServer.StartAsync("--requirepass", "secret");
        await using var sentinel = await RedisServer.StartWithAsync(
            $"""
            sentinel monitor speech 127.0.0.1 {master.Port} 1
            sentinel auth-pass speech secret
            """,
            "--sentinel");
        var url = $"redis+sentinel://:secret@127.0.0.1:{sentinel.Port},127.0.0.1:1/speech";

        await using var run = await SupervisorRun.StartReadyAsync(["--redis-url", url, "--stt-workers", "0", "--gateways", "0"]);

        run.Ready().GetProperty("redis_url").GetString().ShouldBe(url);
        await run.UntilAsync(() => run.Output.Contains("redis ", StringComparison.Ordinal), "the summary");
        run.Output.ShouldContain($"redis+sentinel://:***@127.0.0.1:{sentinel.Port},127.0.0.1:1/speech/0");
    }

    [Fact]
    public async Task A_Redis_that_asks_for_a_password_which_only_the_services_know_is_used()
    {
        await using var server = await RedisServer.StartAsync("--requirepass", "secret");
        await using var run = await SupervisorRun.StartReadyAsync(
            ["--redis-url", $"redis://127.0.0.1:{server.Port}", "--stt-workers", "0", "--gateways", "0"]);
        run.Pids().ShouldBeEmpty();
    }

    [Theory]
    [InlineData("redis://:secret@127.0.0.1:1", "Redis at redis://:***@127.0.0.1:1/0: ")]
    [InlineData("redis+cluster://127.0.0.1:1", "Redis at redis+cluster://127.0.0.1:1: ")]
    public async Task A_Redis_that_is_not_there_fails_the_start_and_its_password_is_not_shown(string url, string message)
    {
        await using var run = SupervisorRun.Start(["--redis-url", url, "--start-timeout", "1"]);

        (await run.EndAsync()).ShouldBe(ExitCodes.Failed);

        run.Errors.ShouldContain(message);
        run.Errors.ShouldContain("start it, or correct --redis-url");
        run.Errors.ShouldNotContain("secret");
    }

    [Fact]
    public async Task Two_supervisors_do_not_share_one_data_folder()
    {
        await using var first = await SupervisorRun.StartReadyAsync();
        await using var second = SupervisorRun.Start([], folder: first.Folder);

        (await second.EndAsync()).ShouldBe(ExitCodes.Failed);

        second.Errors.ShouldContain("--data-dir");
        first.Pids().ShouldAllBe(pid => SupervisorRun.IsRunning(pid));
    }

    [Theory]
    [InlineData("--stt-workers", "1000")]
    [InlineData("--stt-workers", "many")]
    [InlineData("--redis-url", "http://example.org")]
    [InlineData("--redis-url", "redis+sentinel://example.org")]
    [InlineData("--set", "=value")]
    [InlineData("--no-such-option", "1")]
    [InlineData("--redis-maxmemory", "much")]
    public async Task A_wrong_command_line_is_refused(string option, string value)
    {
        await using var run = SupervisorRun.Start([option, value]);

        (await run.EndAsync()).ShouldBe(ExitCodes.Usage);

        run.Errors.ShouldContain(option == "--stt-workers" ? value == "many" ? "many" : "from 0 to 64" : option);
    }

    [Fact]
    public async Task A_misspelt_option_is_told_with_the_one_that_is_meant()
    {
        await using var run = SupervisorRun.Start(["--gatways", "2"]);
        (await run.EndAsync()).ShouldBe(ExitCodes.Usage);
        run.Errors.ShouldContain("There is no option --gatways: is --gateways meant?");
    }

    private static async Task<string[]> EnvironmentOfAsync(int processId) =>
        (await File.ReadAllTextAsync($"/proc/{processId}/environ")).Split('\0');
}
