using System.Text.Json;
using Speech.Cli.Fleet;
using Speech.EndToEnd.Tests.Support;

namespace Speech.EndToEnd.Tests;

public sealed class DemoTests
{
    [Theory]
    [InlineData(1, "--fast", "--json")]
    [InlineData(4, "--fast", "--json", "--kill-worker", "--stt-workers", "2")]
    public async Task The_demo_hears_everything_and_leaves_nothing_behind(int shards, params string[] options)
    {
        // Its fleet says where it is in a file in its temporary folder: we see it there while it runs.
        var folder = Directory.CreateTempSubdirectory("speech-test-");
        try
        {
            var running = ProgramRun.LabAsync(
                ["demo", .. options], new Dictionary<string, string> { ["TMPDIR"] = folder.FullName, ["STREAM_SHARDS"] = $"{shards}" });
            FleetReport? fleet = null;
            await Until.TrueAsync(
                () =>
                {
                    // A worker that was killed has a successor: remember both.
                    if (Find(folder) is { } now)
                        fleet = now with { Parts = [.. now.Parts.Union(fleet?.Parts ?? [])] };
                    return running.IsCompleted;
                },
                "the end of the demo");
            var run = await running;

            run.ExitCode.ShouldBe(0, run.Errors + run.Output);
            var summary = JsonDocument.Parse(run.Output).RootElement;
            summary.GetProperty("ok").GetBoolean().ShouldBeTrue();
            summary.GetProperty("problems").GetArrayLength().ShouldBe(0);
            summary.GetProperty("utterances").GetInt32().ShouldBe(Hearing.Recordings.Count);
            summary.GetProperty("segments").GetInt32().ShouldBeGreaterThanOrEqualTo(Hearing.Recordings.Count);
            Rate(summary, "errors").ShouldBeLessThanOrEqualTo(Rate(summary, "model_errors") + 0.01);
            var queue = summary.GetProperty("queue_at_end");
            foreach (var count in (string[])["depth", "pending", "dead"])
                queue.GetProperty(count).GetInt64().ShouldBe(0, count);

            await TestFleet.ShouldBeGoneAsync(fleet.ShouldNotBeNull());
            folder.GetDirectories("speech-demo-*").ShouldBeEmpty();
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_demo_that_is_interrupted_ends_within_seconds_and_leaves_nothing_behind()
    {
        var folder = Directory.CreateTempSubdirectory("speech-test-");
        try
        {
            // SIGTERM: a test host may have been started with SIGINT ignored, and its children inherit that.
            using var demo = ProgramRun.Begin(
                "dotnet", [ProgramRun.Lab, "demo"], new Dictionary<string, string> { ["TMPDIR"] = folder.FullName });
            var output = Task.WhenAll(demo.StandardOutput.ReadToEndAsync(), demo.StandardError.ReadToEndAsync());
            FleetReport? fleet = null;
            await Until.TrueAsync(() => (fleet = Find(folder)) is not null || demo.HasExited, "the demo's services");
            Signal.Send(demo.Id, Signal.Terminate);
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20)); // services that are waited for may take 30
            await demo.WaitForExitAsync(limit.Token);

            demo.ExitCode.ShouldBe(128 + Signal.Terminate, string.Concat(await output));
            await TestFleet.ShouldBeGoneAsync(fleet.ShouldNotBeNull());
            folder.GetDirectories("speech-demo-*").ShouldBeEmpty();
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static FleetReport? Find(DirectoryInfo folder)
    {
        try
        {
            return folder.GetDirectories("speech-demo-*") is [var own]
                ? FleetReport.TryRead(Path.Combine(own.FullName, "ready.json")) : null;
        }
        catch (DirectoryNotFoundException)
        {
            return null; // gone since
        }
    }

    private static double Rate(JsonElement summary, string errors) => summary.GetProperty(errors).GetProperty("rate").GetDouble();
}
