using System.Text.RegularExpressions;
using Speech.Contracts.Jobs;
using Speech.Contracts.Sessions;
using Speech.Delivery;
using Speech.EndToEnd.Tests.Support;

namespace Speech.EndToEnd.Tests;

/// <summary>Every command that README and docs show is one that works.</summary>
[Collection(UsesSharedFleet.Name)]
public sealed partial class DocumentedCommandsTests(SharedFleet shared)
{
    /// <summary>Those that are run here.</summary>
    public static TheoryData<string> Runnable =>
        [.. DocumentedCommand.All.Where(command => command.Run is not null).Select(command => command.Text)];

    [Fact]
    public void Every_command_of_the_documentation_is_known_here_and_no_other()
    {
        var quickStart = File.ReadAllText(Checkout.Path("tests/docker/quick_start"));
        var known = DocumentedCommand.All.Select(command => command.Text).ToHashSet();
        var shown = Documented().ToHashSet();

        // Those for containers are run by the quick start: by name, or since they stand in its chapter about Redis.
        var inQuickStart = RedisChapter().Match(File.ReadAllText(Checkout.Path("docs/operations.md"))).Value;
        var unknown = shown.Except(known)
            .Where(command => !quickStart.Contains($"'{command}'") && !Commands(inQuickStart).Contains(command));
        unknown.ShouldBe(["docker-compose --profile monitoring up"], "only Prometheus and Grafana are tried otherwise (MonitoringTests)");
        known.Except(shown).ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Runnable))]
    [Trait("Speed", "Slow")]
    public async Task A_command_of_the_documentation_does_what_it_says(string text)
    {
        var command = DocumentedCommand.All.Single(command => command.Text == text);
        using var folder = new TemporaryFolder();
        File.Copy(Checkout.Path("shared/recordings/an4/an408-fcaw-b.wav"), Path.Combine(folder.Path, "talk.wav"));
        if (text.Contains(" dead "))
            await KillAsync();
        var line = command.Run!
            .Replace("{gateway}", shared.Gateway.ToString()).Replace("{redis}", shared.Fleet.Report.RedisUrl)
                .Replace("{folder}", folder.Path);

        // What is built is what is to be tried: ./speech must not build it again under the other tests' feet.
        foreach (var stamp in (string[])[".built-services", ".built-tests"])
        {
            await using var _ = File.Create(Checkout.Path($"artifacts/{stamp}"));
        }
        var run = await ProgramRun.StartAsync("bash", ["-c", line], folder: Checkout.Path("."));

        run.ExitCode.ShouldBe(command.ExitCode, $"{line}\n{run.Output}\n{run.Errors}");
        (run.Output + run.Errors).ShouldMatch(command.Says);
        await shared.Fleet.Redis.KeyDeleteAsync(RedisKeys.Dead(RedisKeys.AudioJobs));
    }

    /// <summary>A job that workers have given up.</summary>
    private async Task KillAsync()
    {
        var job = new AudioJob
        {
            ClientId = "documented",
            Segment = 0,
            Kind = AudioJobKind.Final,
            Start = 0,
            End = 1,
            CreatedAt = DateTimeOffset.UtcNow,
            Audio = new byte[32_000],
        };
        await shared.Fleet.Redis.ExecuteAsync(
            "XADD", RedisKeys.Dead(RedisKeys.AudioJobs), "1760000000000-0", AudioJobFields.ClientId, job.ClientId, AudioJobFields.Segment,
            job.Segment,
            AudioJobFields.Kind, job.Kind.ToWireName(), AudioJobFields.DurationMs, job.DurationMs, AudioJobFields.Job, job.ToArray(),
            DeadJobFields.Cause, "max_deliveries",
            DeadJobFields.Reason, "a test's", DeadJobFields.Deliveries, 3);
    }

    private static IEnumerable<string> Documented()
    {
        string[] pages =
            [Checkout.Path("README.md"), Checkout.Path("CONTRIBUTING.md"), .. Directory.GetFiles(Checkout.Path("docs"), "*.md")];
        return pages.SelectMany(page => Commands(File.ReadAllText(page)));
    }

    /// <summary>Indented lines, without the comments behind them, and what begins with ./speech inside of sentences and tables.</summary>
    private static IEnumerable<string> Commands(string markdown)
    {
        var text = Fence().Replace(markdown, "");
        return Indented().Matches(text).Concat(Inline().Matches(text)).Select(match => match.Groups[1].Value.TrimEnd())
            .Where(command => command is not ("./speech up" or "./speech bench" or "./speech chaos")
                && !command.StartsWith("GET ", StringComparison.Ordinal))
            .Append("./speech up").Distinct();
    }

    [GeneratedRegex("^```.*?^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"^    (\S[^\n]*?)(?: +#[^\n]*)?$", RegexOptions.Multiline)]
    private static partial Regex Indented();

    [GeneratedRegex(@"`(\./speech [a-z][^`\n]*)`")]
    private static partial Regex Inline();

    [GeneratedRegex("^## Redis$.*?(?=^## |\\z)", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex RedisChapter();
}
