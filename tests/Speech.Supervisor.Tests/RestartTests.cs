using System.Net.Sockets;
using FsCheck;
using FsCheck.Fluent;
using Speech.Supervisor.Parts;
using Speech.Supervisor.Processes;

namespace Speech.Supervisor.Tests;

[Trait("Speed", "Slow")]
public class RestartTests
{
    [Fact]
    public async Task A_killed_worker_is_reported_and_started_again()
    {
        await using var run = await SupervisorRun.StartReadyAsync();
        var (first, others) = (run.PidOf("stt-1"), run.Pids().Except([run.PidOf("stt-1")]).ToArray());

        Signal.ToProcess(first, Signal.Kill);
        await run.UntilAsync(() => run.PidOf("stt-1") != first, "the next worker");

        run.Errors.ShouldContain("stt-1 ended unexpectedly (killed by SIGKILL");
        run.Errors.ShouldContain("stt-1 listens"); // its last lines
        SupervisorRun.IsRunning(run.PidOf("stt-1")).ShouldBeTrue();
        run.Pids().Except([run.PidOf("stt-1")]).ShouldBe(others);
    }

    [Fact]
    public async Task A_worker_that_ends_for_its_settings_is_not_started_again_and_all_stops_with_its_last_lines()
    {
        await using var run = await SupervisorRun.StartReadyAsync(worker: "FAKE_TERM_EXIT=2");

        Signal.ToProcess(run.PidOf("stt-1"), Signal.Terminate);

        (await run.EndAsync()).ShouldBe(ExitCodes.Failed);
        run.Errors.ShouldContain("stt-1 ended unexpectedly (exit code 2)");
        run.Errors.ShouldContain("stt-1 listens");
        run.Errors.ShouldNotContain("starts again");
        run.Errors.ShouldContain("gateway-1 stopped");
        run.Errors.ShouldContain("redis stopped");
    }

    [Fact]
    public async Task A_killed_Redis_comes_back_at_the_same_address_with_what_it_held()
    {
        await using var run = await SupervisorRun.StartReadyAsync();
        var first = run.PidOf("redis");
        (await CommandAsync(run.RedisUrl(), "SET kept safely")).ShouldBe("+OK");
        await CommandAsync(run.RedisUrl(), "WAITAOF 1 0 0"); // Redis 7.2; older ones wrote it to the kernel before they answered.

        Signal.ToProcess(first, Signal.Kill);
        await run.UntilAsync(() => run.PidOf("redis") != first, "the next Redis");

        (await CommandAsync(run.RedisUrl(), "STRLEN kept")).ShouldBe(":6");
    }

    [Fact]
    public void Back_off_grows_from_half_a_second_to_at_most_half_a_minute_and_starts_over_after_a_healthy_minute() =>
        Prop.ForAll(ArbMap.Default.ArbFor<NonNegativeInt[]>(), healthySeconds =>
        {
            var backoff = new RestartBackoff();
            var last = RestartBackoff.Shortest;
            foreach (var healthy in healthySeconds.Select(seconds => TimeSpan.FromSeconds(seconds.Item % 100)))
            {
                var pause = backoff.Next(healthy);
                var from = healthy >= RestartBackoff.Recovered ? RestartBackoff.Shortest : last;
                if (pause < RestartBackoff.Shortest || pause > RestartBackoff.Longest || pause > 3 * from)
                    return false;
                last = pause;
            }
            return true;
        }).QuickCheckThrowOnFailure();

    private static async Task<string?> CommandAsync(Uri redis, string inline)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(redis.Host, redis.Port);
        using var reader = new StreamReader(client.GetStream());
        await client.GetStream().WriteAsync(System.Text.Encoding.ASCII.GetBytes($"AUTH {redis.UserInfo.TrimStart(':')}\r\n{inline}\r\n"));
        (await reader.ReadLineAsync()).ShouldBe("+OK");
        return await reader.ReadLineAsync();
    }
}
