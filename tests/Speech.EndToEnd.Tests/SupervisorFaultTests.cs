using Speech.EndToEnd.Tests.Support;

namespace Speech.EndToEnd.Tests;

public sealed class SupervisorFaultTests
{
    [Fact]
    public async Task Nothing_outlives_a_killed_supervisor()
    {
        await using var fleet = await TestFleet.StartAsync("supervisor-killed", sttWorkers: 2, gateways: 2);
        var report = fleet.Report;
        report.Parts.Count.ShouldBe(5);
        Signal.Send(report.Pid, Signal.Kill);
        await TestFleet.ShouldBeGoneAsync(report);
    }
}
