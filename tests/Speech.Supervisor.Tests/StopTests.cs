using Speech.Supervisor.Processes;

namespace Speech.Supervisor.Tests;

[Trait("Speed", "Slow")]
public class StopTests
{
    private const int Interrupt = 2;

    [Theory]
    [InlineData(Interrupt)]
    [InlineData(Signal.Terminate)]
    public async Task Parts_stop_in_reverse_order_of_their_dependencies(int signal)
    {
        await using var run = await SupervisorRun.StartReadyAsync(["--stt-workers", "2"]);
        var pids = run.Pids();

        run.Send(signal);
        (await run.EndAsync()).ShouldBe(ExitCodes.Stopped);

        var stops = run.Events.Where(line => !line.Contains("started", StringComparison.Ordinal))
            .Select(line => line[..line.LastIndexOf(' ')]).ToArray();
        stops[..2].ShouldBe(["gateway-1 terminating", "gateway-1 stopped"]);
        stops[2..].ShouldBe(["stt-1 terminating", "stt-1 stopped", "stt-2 terminating", "stt-2 stopped"], ignoreOrder: true);
        run.Errors.LastIndexOf("stt-", StringComparison.Ordinal)
            .ShouldBeLessThan(run.Errors.IndexOf("redis stopped", StringComparison.Ordinal));
        pids.ShouldAllBe(pid => !SupervisorRun.IsRunning(pid));
        File.Exists(run.ReadyFile).ShouldBeFalse();
    }

    [Fact]
    public async Task A_service_that_ignores_SIGTERM_is_killed_and_the_others_still_stop_cleanly()
    {
        await using var run = await SupervisorRun.StartReadyAsync(["--stop-timeout", "1"], worker: "FAKE_STUBBORN=1");
        var pids = run.Pids();

        run.Send(Signal.Terminate);
        (await run.EndAsync()).ShouldBe(ExitCodes.Failed);

        run.Errors.ShouldContain("stt-1 did not stop within");
        run.Errors.ShouldContain("redis stopped (exit code 0)");
        pids.ShouldAllBe(pid => !SupervisorRun.IsRunning(pid));
    }

    [Fact]
    public async Task The_same_signal_again_does_not_wait()
    {
        await using var run = await SupervisorRun.StartReadyAsync(["--stop-timeout", "3600"], gateway: "FAKE_STUBBORN=1");
        var pids = run.Pids();

        run.Send(Interrupt);
        await run.UntilAsync(() => run.Events.Any(line => line.StartsWith("gateway-1 terminating", StringComparison.Ordinal)), "SIGTERM");
        run.Send(Signal.Terminate); // Another one is no impatience.
        run.Send(Interrupt);
        (await run.EndAsync()).ShouldBe(ExitCodes.Failed);

        pids.ShouldAllBe(pid => !SupervisorRun.IsRunning(pid));
    }

    [Fact]
    public async Task A_supervisor_stopped_while_starting_leaves_nothing_running()
    {
        await using var run = SupervisorRun.Start([], worker: "FAKE_UNHEALTHY=1");
        await run.UntilAsync(() => run.Events.Any(line => line.StartsWith("stt-1 started", StringComparison.Ordinal)), "the worker");
        var pid = int.Parse(run.Events.Single(line => line.StartsWith("stt-1", StringComparison.Ordinal)).Split(' ')[^1]);

        run.Send(Signal.Terminate);
        (await run.EndAsync()).ShouldBe(ExitCodes.Stopped);

        SupervisorRun.IsRunning(pid).ShouldBeFalse();
        run.Errors.ShouldNotContain("stt-1 is ready");
    }

    [Fact]
    public async Task The_end_of_standard_input_stops_it()
    {
        await using var run = await SupervisorRun.StartReadyAsync();

        run.CloseStandardInput();

        (await run.EndAsync()).ShouldBe(ExitCodes.Stopped);
        run.Errors.ShouldContain("standard input ended");
    }

    [Fact]
    public async Task A_supervisor_killed_with_SIGKILL_leaves_no_orphan()
    {
        await using var run = await SupervisorRun.StartReadyAsync(["--stt-workers", "3"], worker: "FAKE_STUBBORN=1");
        var pids = run.Pids();
        pids.Length.ShouldBe(5);
        pids.ShouldAllBe(pid => SupervisorRun.IsRunning(pid));

        run.Send(Signal.Kill);
        await run.EndAsync();

        await run.UntilAsync(() => !pids.Any(SupervisorRun.IsRunning), "the end of all parts");
    }
}
