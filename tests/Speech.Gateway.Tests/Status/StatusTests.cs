using System.Net;
using System.Text.Json.Nodes;
using Speech.Contracts.Server;
using Speech.Delivery;
using Speech.Gateway.Tests.Support;
using Speech.Redis;
using StackExchange.Redis;

namespace Speech.Gateway.Tests.Status;

public sealed class StatusTests : GatewayTest
{
    [Fact]
    public async Task Status_shows_sessions_queue_and_workers()
    {
        await using var gateway = await StartGatewayAsync("MAX_SESSIONS=7", "MAX_QUEUE_DEPTH=99");
        await using var client = await TestClient.ConnectAsync(gateway, "codec=opus");
        await client.ExpectAsync<Ready>();
        await Redis.ExecuteAsync("XADD", RedisKeys.AudioJobs, "*", "client_id", "somebody");
        await Redis.HashSetAsync(RedisKeys.Worker("stt-1"), [new("role", "stt"), new("model", "nano.en"), new("busy", "2")]);
        await Redis.HashSetAsync(RedisKeys.Worker("stt-2"), [new("role", "stt")]);

        var (status, body) = await GetAsync(gateway, "/api/status");
        status.ShouldBe(HttpStatusCode.OK);
        body["gateway"]!["sessions"]!.GetValue<int>().ShouldBe(1);
        body["gateway"]!["max_sessions"]!.GetValue<int>().ShouldBe(7);
        body["queue"]!.ToJsonString().ShouldBe("""{"audio_jobs":1,"interim":0,"translation_jobs":0,"max_depth":99}""");
        body["workers"]!.ToJsonString().ShouldBe("""[{"id":"stt-1","role":"stt","model":"nano.en","busy":"2"},{"id":"stt-2","role":"stt"}]""");
        body["redis"]!["connected"]!.GetValue<bool>().ShouldBeTrue();
    }

    [Fact]
    public async Task What_is_no_heartbeat_is_not_shown_and_hides_nobody()
    {
        await using var gateway = await StartGatewayAsync();
        await Redis.SetAsync(RedisKeys.Worker("a"), "not a hash");
        await Redis.HashSetAsync(RedisKeys.Worker("b"), [.. Enumerable.Range(0, 1000).Select(i => new HashEntry($"f{i}", "x"))]);
        await Redis.HashSetAsync(RedisKeys.Worker("stt-1"), [new("role", "stt"), new("model", new byte[1 << 20])]);
        var workers = (await GetAsync(gateway, "/api/status")).Body["workers"]!.AsArray();
        workers.Select(worker => (string?)worker!["id"]).ShouldBe(["stt-1"]);
        ((string?)workers[0]!["model"])!.Length.ShouldBe(4096);
    }

    [Fact]
    public async Task Status_is_made_once_a_second_however_many_ask()
    {
        await using var gateway = await StartGatewayAsync();
        await Redis.ExecuteAsync("CONFIG", "RESETSTAT");
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => GetAsync(gateway, "/api/status")));
        var scans = (await Redis.InfoAsync("commandstats"))["cmdstat_scan"];
        int.Parse(scans.Split(',')[0].Split('=')[1], System.Globalization.CultureInfo.InvariantCulture).ShouldBeLessThan(20);
    }

    [Fact]
    public async Task Status_and_health_tell_that_Redis_is_away()
    {
        await using var gateway = await StartGatewayAsync();
        (await GetAsync(gateway, "/health")).Status.ShouldBe(HttpStatusCode.OK);
        await Server.KillAsync();

        var (status, body) = await GetAsync(gateway, "/api/status");
        status.ShouldBe(HttpStatusCode.OK);
        body["queue"].ShouldBeNull();
        body["workers"]!.AsArray().ShouldBeEmpty();
        body["redis"]!["connected"]!.GetValue<bool>().ShouldBeFalse();
        (await GetAsync(gateway, "/health")).Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
    }

    [Fact]
    public async Task Health_counts_the_sessions()
    {
        await using var gateway = await StartGatewayAsync();
        var (_, body) = await GetAsync(gateway, "/health");
        body["status"]!.GetValue<string>().ShouldBe("ok");
        body["service"]!.GetValue<string>().ShouldBe("gateway");
        body["sessions"]!.ToJsonString().ShouldBe("""{"status":"ok","active":0,"max":200}""");
    }

    [Fact]
    public async Task Health_of_all_lists_every_instance_by_its_heartbeat()
    {
        await using var gateway = await StartGatewayAsync();
        await Redis.HashSetAsync(RedisKeys.Worker("stt-1"), [new("role", "stt"), new("model_state", "ready")]);
        await Eventually.TrueAsync(async () => await Redis.ScanKeysAsync("gateway:*").AnyAsync());

        var (status, body) = await GetAsync(gateway, "/health/all");
        status.ShouldBe(HttpStatusCode.OK, body.ToJsonString());
        body["status"]!.GetValue<string>().ShouldBe("ok");
        body["services"]!.ToJsonString().ShouldBe("""{"gateway":1,"stt":1}""");
        body["instances"]!.AsArray().Select(instance => instance!["status"]!.GetValue<string>()).ShouldBe(["ok", "ok"]);
        body["instances"]![1]!["id"]!.GetValue<string>().ShouldBe("stt-1");
    }

    [Theory]
    [InlineData("loading", "starting")]
    [InlineData("failed", "degraded")]
    public async Task Health_of_all_is_as_the_worst_instance(string model, string all)
    {
        await using var gateway = await StartGatewayAsync();
        await Redis.HashSetAsync(RedisKeys.Worker("stt-1"), [new("role", "stt"), new("model_state", "ready")]);
        await Redis.HashSetAsync(RedisKeys.Worker("stt-2"), [new("role", "stt"), new("model_state", model)]);

        var (status, body) = await GetAsync(gateway, "/health/all");
        status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        body["status"]!.GetValue<string>().ShouldBe(all);
    }

    [Fact]
    public async Task Health_of_all_misses_a_worker_and_Redis()
    {
        await using (var alone = await StartGatewayAsync())
        {
            var (status, body) = await GetAsync(alone, "/health/all");
            status.ShouldBe(HttpStatusCode.ServiceUnavailable);
            body["error"]!.GetValue<string>().ShouldBe("there is no STT worker");
        }
        await using var gateway = await StartGatewayAsync();
        await Server.KillAsync();
        (await GetAsync(gateway, "/health/all")).Body["error"]!.GetValue<string>().ShouldBe("Redis cannot be asked");
    }

    private static async Task<(HttpStatusCode Status, JsonNode Body)> GetAsync(RunningGateway gateway, string path)
    {
        using var http = new HttpClient();
        using var response = await http.GetAsync(new Uri(gateway.Address, path));
        return (response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!);
    }
}
