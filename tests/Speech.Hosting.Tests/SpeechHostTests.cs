using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Speech.Hosting.Health;
using Speech.Hosting.Settings;
using Speech.Redis;
using StackExchange.Redis;

namespace Speech.Hosting.Tests;

/// <summary>The host as a service uses it, with real Kestrel and a real Redis.</summary>
public class SpeechHostTests
{
    [Fact]
    public async Task Health_is_ok_when_every_part_is()
    {
        var builder = SpeechHost.CreateBuilder([], "gateway", defaultPort: 0);
        builder.Services.AddHealth("model", _ => new HealthPart(HealthState.Ok, new JsonObject { ["name"] = "nano.en" }));
        var (response, body) = await GetHealthAsync(builder);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Headers.Contains("Server").ShouldBeFalse();
        ((string?)body["status"]).ShouldBe("ok");
        ((string?)body["service"]).ShouldBe("gateway");
        ((string?)body["version"]).ShouldNotBeNullOrEmpty();
        ((double)body["uptime_seconds"]!).ShouldBeGreaterThanOrEqualTo(0);
        body["model"]!.ToJsonString().ShouldBe("""{"status":"ok","name":"nano.en"}""");
    }

    [Fact]
    public async Task The_worst_part_decides_and_the_answer_is_503()
    {
        var builder = SpeechHost.CreateBuilder([], "stt_worker", defaultPort: 0);
        builder.Services.AddHealth("fine", _ => new HealthPart(HealthState.Ok));
        builder.Services.AddHealth("model", _ => new HealthPart(HealthState.Starting));
        var (response, body) = await GetHealthAsync(builder);
        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        ((string?)body["status"]).ShouldBe("starting");
    }

    [Fact]
    public async Task A_part_that_throws_is_degraded_and_says_why_without_secrets()
    {
        var builder = SpeechHost.CreateBuilder([], "stt_worker", defaultPort: 0);
        builder.Services.AddHealth("model", _ => new HealthPart(HealthState.Starting));
        builder.Services.AddHealth("store", (_, _) => throw new InvalidOperationException("no redis://:hush@host"));
        var (response, body) = await GetHealthAsync(builder);
        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        ((string?)body["status"]).ShouldBe("degraded");
        ((string?)body["store"]!["error"]).ShouldBe("no redis://:***@host");
    }

    [Fact]
    public async Task Redis_is_a_part_and_its_absence_is_seen()
    {
        await using var server = await RedisServer.StartAsync();
        var builder = SpeechHost.CreateBuilder(["--REDIS_URL", server.Url], "gateway", defaultPort: 0);
        builder.AddRedis();
        var (response, body) = await GetHealthAsync(builder);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        body["redis"]!.ToJsonString().ShouldBe($$"""{"status":"ok","url":"{{server.Url}}","connected":true}""");

        builder = SpeechHost.CreateBuilder(["--REDIS_URL", server.Url], "gateway", defaultPort: 0);
        builder.AddRedis();
        await server.StopAsync();
        (response, body) = await GetHealthAsync(builder);
        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        ((bool)body["redis"]!["connected"]!).ShouldBeFalse();
        ((string?)body["status"]).ShouldBe("degraded");
    }

    [Theory]
    [InlineData("CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0", "OOM")]
    [InlineData("ACL SETUSER default -evalsha -eval", "ACL SETUSER default +@all", "NOPERM")]
    public async Task A_Redis_that_answers_and_refuses_what_is_written_is_degraded_until_it_takes_it(string harm, string cure, string error)
    {
        await using var server = await RedisServer.StartAsync();
        var builder = SpeechHost.CreateBuilder(["--REDIS_URL", server.Url], "gateway", defaultPort: 0);
        builder.AddRedis();
        await using var app = builder.Build();
        app.MapHealth();
        await app.StartAsync();
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
        var redis = app.Services.GetRequiredService<RedisClient>();
        var write = new RedisScript("return redis.call('SET', KEYS[1], ARGV[1])");

        await redis.ExecuteAsync(harm.Split(' ')[0], [.. harm.Split(' ')[1..]]);
        await Should.ThrowAsync<RedisServerException>(redis.EvalAsync(write, ["k"], ["v"]));
        using var refused = await http.GetAsync(new Uri("/health", UriKind.Relative));
        refused.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        var redisPart = JsonNode.Parse(await refused.Content.ReadAsStringAsync())!["redis"]!;
        ((bool)redisPart["connected"]!).ShouldBeTrue();
        ((string)redisPart["error"]!).ShouldStartWith($"the last write failed: {error}");

        await redis.ExecuteAsync(cure.Split(' ')[0], [.. cure.Split(' ')[1..]]);
        await redis.EvalAsync(write, ["k"], ["v"]);
        using var taken = await http.GetAsync(new Uri("/health", UriKind.Relative));
        taken.StatusCode.ShouldBe(HttpStatusCode.OK);
        await app.StopAsync();
    }

    [Fact]
    public async Task One_script_that_runs_does_not_hide_another_that_is_refused()
    {
        await using var server = await RedisServer.StartAsync();
        await using var redis = new RedisClient(RedisOptions.Parse(server.Url));
        var beat = new RedisScript("return redis.call('SET', KEYS[1], ARGV[1])");
        var finish = new RedisScript("return redis.call('XADD', KEYS[1], '*', 'a', 'b')");

        await redis.ExecuteAsync("ACL", "SETUSER", "default", "-xadd");
        await Should.ThrowAsync<RedisServerException>(redis.EvalAsync(finish, ["s"], []));
        await redis.EvalAsync(beat, ["k"], ["v"]);
        redis.LastRefusal.ShouldNotBeNull().Error.Message.ShouldContain("can't run this command");
        await redis.ExecuteAsync("ACL", "SETUSER", "default", "+xadd");
        await redis.EvalAsync(finish, ["s"], []);
        redis.LastRefusal.ShouldBeNull();

        // That there is no memory is true for all that writes, and so is that there is some again.
        await redis.ExecuteAsync("CONFIG", "SET", "maxmemory", "1");
        await Should.ThrowAsync<RedisServerException>(redis.EvalAsync(finish, ["s"], []));
        await Should.ThrowAsync<RedisServerException>(redis.EvalAsync(beat, ["k"], ["v"]));
        await redis.EvalAsync(new RedisScript("return redis.call('GET', KEYS[1])"), ["k"], []);
        redis.LastRefusal.ShouldNotBeNull().Error.Message.ShouldContain("OOM");
        await redis.ExecuteAsync("CONFIG", "SET", "maxmemory", "0");
        await redis.EvalAsync(beat, ["k"], ["v"]);
        redis.LastRefusal.ShouldBeNull();
    }

    [Fact]
    public async Task The_Redis_client_is_disposed_of_with_the_application()
    {
        await using var server = await RedisServer.StartAsync();
        var builder = SpeechHost.CreateBuilder(["--REDIS_URL", server.Url], "gateway", defaultPort: 0);
        builder.AddRedis();
        builder.AddJobs(); // twice Redis is once
        var app = builder.Build();
        await app.StartAsync();
        var client = app.Services.GetRequiredService<RedisClient>();
        await client.PingAsync();
        await app.StopAsync();
        await app.DisposeAsync();
        await Should.ThrowAsync<Exception>(() => client.PingAsync());
    }

    [Fact]
    public async Task A_stop_ends_it_with_code_0()
    {
        var app = SpeechHost.CreateBuilder([], "gateway", defaultPort: 0).Build();
        app.Lifetime.ApplicationStarted.Register(app.Lifetime.StopApplication);
        (await app.RunSpeechAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task Wrong_settings_end_it_with_code_2_and_a_line_each()
    {
        var builder = SpeechHost.CreateBuilder(
            ["--PORT", "eighty", "--LOG_LEVEL", "loud", "--REDIS_URL", "http://:hush@host"], "gateway", defaultPort: 0);
        builder.AddJobs();
        builder.Services.AddHostedService<NeverStarted>();
        var (code, said) = await RunAsync(builder.Build());
        code.ShouldBe(2);
        said.ShouldContain("gateway: PORT is 'eighty'; allowed are whole numbers from 0 to 65535\n");
        said.ShouldContain("gateway: LOG_LEVEL is 'loud'; allowed are trace, debug, info, warning, error\n");
        said.ShouldContain("gateway: REDIS_URL is wrong: ");
        said.ShouldNotContain("hush");
    }

    [Theory]
    [InlineData("redis+cluster://node:7000", "1", true)]
    [InlineData("redis+cluster://node:7000", "16", false)]
    [InlineData("redis+sentinel://node:26379/mymaster", "1", false)]
    public void A_cluster_needs_shards(string url, string shards, bool isWrong)
    {
        var builder = SpeechHost.CreateBuilder(["--REDIS_URL", url, "--STREAM_SHARDS", shards], "gateway", defaultPort: 0);
        builder.AddJobs();
        if (isWrong)
            Should.Throw<SettingsException>(builder.Settings.ThrowIfInvalid).Message.ShouldContain("STREAM_SHARDS must be above 1");
        else
            builder.Settings.ThrowIfInvalid();
    }

    [Fact]
    public async Task A_port_that_is_taken_ends_it_with_a_line()
    {
        var first = SpeechHost.CreateBuilder([], "gateway", defaultPort: 0).Build();
        await first.StartAsync();
        var port = new Uri(first.Urls.First()).Port;
        var (code, said) = await RunAsync(SpeechHost.CreateBuilder(["--PORT", $"{port}"], "gateway", defaultPort: 0).Build());
        await first.StopAsync();
        code.ShouldBe(1);
        said.ShouldContain($"gateway: Failed to bind to address http://127.0.0.1:{port}: address already in use.");
    }

    [Theory]
    [InlineData("--urls", "http://127.0.0.1:0;http://127.0.0.1:0", 2)]
    [InlineData("--HOST", "localhost.invalid:x", -1)]
    [InlineData("--HOST", "::1", 1)]
    [InlineData("--urls", "nonsense", -1)]
    public async Task Addresses_come_from_urls_or_host_and_port(string name, string value, int addresses)
    {
        var builder = SpeechHost.CreateBuilder([name, value], "gateway", defaultPort: 0);
        if (addresses < 0)
        {
            builder.Settings.Problems.ShouldHaveSingleItem().ShouldContain(value);
            return;
        }
        var app = builder.Build();
        await app.StartAsync();
        app.Urls.Count.ShouldBe(addresses);
        await app.StopAsync();
    }

    private static async Task<(HttpResponseMessage Response, JsonNode Body)> GetHealthAsync(WebApplicationBuilder builder)
    {
        await using var app = builder.Build();
        app.MapHealth();
        await app.StartAsync();
        using var http = new HttpClient();
        var response = await http.GetAsync(new Uri(new Uri(app.Urls.First()), "/health"));
        var body = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
        await app.StopAsync();
        return (response, body);
    }

    private static async Task<(int Code, string Said)> RunAsync(WebApplication app)
    {
        var before = Console.Error;
        var said = new StringWriter();
        Console.SetError(TextWriter.Synchronized(said));
        try
        {
            return (await app.RunSpeechAsync(), said.ToString());
        }
        finally
        {
            Console.SetError(before);
        }
    }

    private sealed class NeverStarted : Microsoft.Extensions.Hosting.BackgroundService
    {
        protected override Task ExecuteAsync(CancellationToken stoppingToken) => throw new InvalidOperationException("started");
    }
}
