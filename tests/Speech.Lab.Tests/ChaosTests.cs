using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Speech.Lab.Chaos;
using Speech.Lab.Fleet;

namespace Speech.Lab.Tests;

public sealed class ChaosTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Fact]
    public void The_same_seed_makes_the_same_faults()
    {
        string[] parts = ["edge", "gateway-1", "redis"];
        var faults = FaultSchedule.Make(seed: 1, Hour, parts, clients: 3);

        faults.ShouldBe(FaultSchedule.Make(seed: 1, Hour, parts, clients: 3));
        faults.ShouldNotBe(FaultSchedule.Make(seed: 2, Hour, parts, clients: 3));
        faults.Select(fault => fault.Kind).Distinct().Count().ShouldBe(Enum.GetValues<FaultKind>().Length);
        faults.Where(fault => fault.IsToPart).Select(fault => fault.Target).Distinct().ShouldBe(parts, ignoreOrder: true);
    }

    [Fact]
    public void Where_no_part_is_within_reach_only_clients_are_harmed() =>
        FaultSchedule.Make(seed: 1, Hour, parts: [], clients: 3).ShouldAllBe(fault => fault.Kind == FaultKind.CutClient);

    [Fact]
    public async Task A_server_of_which_there_is_only_the_address_tells_of_its_queues_by_its_status()
    {
        var status = """{"queue":{"audio_jobs":2,"interim":9,"translation_jobs":1},"workers":[{"id":"stt-1","role":"stt"},{"id":"t-1","role":"translation"}]}""";
        await using var server = await ServerAsync(() => status);
        await using var deployment = await RemoteDeployment.FindAsync(server.Gateway, CancellationToken.None);

        deployment.Parts.ShouldBeEmpty();
        deployment.Translates.ShouldBeTrue();
        (await deployment.QueueAsync(CancellationToken.None)).ShouldBe(new QueueState(3, Pending: null, Dead: null));

        status = """{"queue":null,"workers":[]}"""; // its Redis is away
        (await deployment.QueueAsync(CancellationToken.None)).ShouldBeNull();
    }

    [Fact]
    public async Task What_is_no_gateway_is_named()
    {
        await using var server = await ServerAsync(() => "<html>");
        var error = await Should.ThrowAsync<FleetException>(() => RemoteDeployment.FindAsync(server.Gateway, CancellationToken.None));
        error.Message.ShouldContain($"http://127.0.0.1:{server.Gateway.Port}/api/status");
    }

    private static async Task<Server> ServerAsync(Func<string> status)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.MapGet("/api/status", () => Results.Text(status(), "application/json"));
        await app.StartAsync();
        return new Server(app, new UriBuilder(app.Urls.Single()) { Scheme = "ws", Path = "/ws" }.Uri);
    }

    private sealed record Server(WebApplication App, Uri Gateway) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => App.DisposeAsync();
    }
}
