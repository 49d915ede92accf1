using System.Text;
using Speech.Supervisor.Parts;
using Speech.Supervisor.Processes;
using Speech.Supervisor.Readiness;

namespace Speech.Supervisor.Tests;

public sealed class ReadinessTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("speech-supervisor-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("""{"status":"starting","model":{"status":"starting","state":"loading"},"redis":{"status":"ok"}}""", ProbeState.NotYet, "503 (model: loading)")]
    [InlineData("""{"redis":{"status":"degraded","error":"no answer"},"jobs":{"status":"starting"}}""", ProbeState.NotYet, "503 (redis: no answer; jobs: starting)")]
    [InlineData("""{"redis":{"status":"degraded"},"model":{"status":"degraded","state":"failed","error":"no such\u001b[2J model"}}""", ProbeState.Failed, @"model: no such\u001b[2J model")]
    [InlineData("""{"model":{"status":"starting","state":"loading","download":{"file":"a.bin","stage":"downloading","bytes":1500000,"total_bytes":3000000,"detail":null}}}""", ProbeState.Downloading, "downloading a.bin, 1.5 of 3.0 MB")]
    [InlineData("""{"model":{"status":"starting","state":"loading","download":{"file":"a.bin","stage":"retrying","bytes":10,"total_bytes":null,"detail":"cut"}}}""", ProbeState.Downloading, "trying again to download a.bin, 0.0 MB (cut)")]
    [InlineData("""{"model":{"status":"starting","download":{"file":"a.bin","stage":"waiting"}}}""", ProbeState.Downloading, "waiting for another process that downloads a.bin")]
    [InlineData("""{"model":{"status":"starting","download":{"bytes":1e300,"file":7}}}""", ProbeState.Downloading, "downloading ")]
    [InlineData("""{"model":{"status":"\ud800"}}""", ProbeState.NotYet, "503")]
    [InlineData("""{"model":{"status":7},"status":[]}""", ProbeState.NotYet, "503")]
    [InlineData("[1]", ProbeState.NotYet, "503")]
    [InlineData("{\"mod", ProbeState.NotYet, "503")]
    [InlineData("", ProbeState.NotYet, "503")]
    public void A_services_health_says_whether_waiting_helps(string body, object state, string text) =>
        HttpHealth.Read("503", Encoding.UTF8.GetBytes(body)).ShouldBe(new ProbeAnswer((ProbeState)state, text));

    [Fact]
    public async Task A_download_may_take_longer_than_the_time_limit_and_is_reported()
    {
        var bytes = 0;
        var (problem, reported) =
            await StartAsync(() => ++bytes < 40 ? new(ProbeState.Downloading, $"downloading {bytes} bytes") : ProbeAnswer.Ready);

        problem.ShouldBeNull();
        reported.ShouldContain("sleeper is downloading 1 bytes");
        reported.ShouldContain("sleeper is ready");
    }

    [Fact]
    public async Task After_a_download_the_time_limit_counts()
    {
        var asked = 0;
        var (problem, _) =
            await StartAsync(() => ++asked < 3 ? new(ProbeState.Downloading, "downloading") : ProbeAnswer.NotYet("it sleeps"));

        problem.ShouldNotBeNull().ShouldStartWith("sleeper was not ready within 1 s after its download: it sleeps; it wrote nothing to ");
    }

    /// <summary>Starts a process that a script vouches for, with a time limit of a second (ten questions).</summary>
    private async Task<(string? Problem, string Reported)> StartAsync(Func<ProbeAnswer> script)
    {
        var reported = new StringWriter();
        var status = new StatusLog(reported, TimeProvider.System);
        var settings = new FleetSettings
        {
            Home = _folder.FullName,
            DataDirectory = _folder.FullName,
            LogDirectory = _folder.FullName,
            StartLimit = TimeSpan.FromSeconds(1),
        };
        var environment = new Dictionary<string, string> { ["PATH"] = Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin" };
        var spec = new PartSpec(
            "sleeper", new Uri("http://127.0.0.1:1"), new ChildCommand("sleep", ["60"], _folder.FullName, environment), _ =>
                Task.FromResult(script()));
        using var launcher = new ChildLauncher();
        using var log = new RotatingLog(Path.Combine(_folder.FullName, "sleeper.log"), status);
        using var stop = new CancellationTokenSource();
        var part = new Part(spec, log, launcher, settings, status, new SkippingClock(TimeSpan.FromMilliseconds(200)));
        var running = part.RunAsync(stop.Token, stop.Token, CancellationToken.None);
        try
        {
            await part.Ready;
            return (null, reported.ToString());
        }
        catch (SupervisorException error)
        {
            return (error.Message, reported.ToString());
        }
        finally
        {
            await stop.CancelAsync();
            await running;
        }
    }
}
