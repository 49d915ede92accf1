using System.Text.Json;
using Speech.EndToEnd.Tests.Support;

namespace Speech.EndToEnd.Tests;

public sealed class ChaosTests
{
    [Fact]
    public async Task While_everything_goes_wrong_each_client_hears_what_it_hears_when_nothing_does()
    {
        var run = await ProgramRun.LabAsync(["chaos", "--minutes", "0.4", "--seed", "3", "--clients", "3", "--json"]);
        run.ExitCode.ShouldBe(0, run.Errors + run.Output);
        var report = JsonDocument.Parse(run.Output).RootElement;
        report.GetProperty("ok").GetBoolean().ShouldBeTrue();
        report.GetProperty("talks").GetInt32().ShouldBeGreaterThanOrEqualTo(3);
        report.GetProperty("faults").EnumerateObject().Sum(kind => kind.Value.GetInt32()).ShouldBeGreaterThan(2);
    }
}
