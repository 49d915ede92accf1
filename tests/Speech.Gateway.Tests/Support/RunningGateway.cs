using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Speech.Gateway.Sessions;
using Speech.Hosting;
using Speech.Hosting.Health;

namespace Speech.Gateway.Tests.Support;

/// <summary>The whole gateway in this process, on a port of its own.</summary>
internal sealed class RunningGateway : IAsyncDisposable
{
    private readonly WebApplication _app;

    private RunningGateway(WebApplication app) => _app = app;

    public Uri Address => new(_app.Urls.First());

    /// <summary>How many there are, counting those that only bring their last segments to Redis.</summary>
    public int Sessions => _app.Services.GetRequiredService<SessionRegistry>().Count;

    /// <param name="redisUrl">Where its Redis is, or will be.</param>
    /// <param name="time">
    /// The clock of everything but the Redis client. One that is advanced by hand passes seconds that the network has not had: no client is
    /// too slow for it, unless the settings say otherwise.
    /// </param>
    /// <param name="settings">As in the environment: "MAX_SESSIONS=1".</param>
    public static async Task<RunningGateway> StartAsync(string redisUrl, TimeProvider? time = null, params string[] settings)
    {
        string[] arguments =
        [
            "--PORT", "0", "--REDIS_URL", redisUrl, "--LOG_LEVEL", "error",
            .. time is null ? Array.Empty<string>() : ["--SLOW_CLIENT_SECONDS", "3600"],
            .. settings.SelectMany(setting => $"--{setting}".Split('=', 2)),
        ];
        var builder = SpeechHost.CreateBuilder(arguments, "gateway", defaultPort: 0);
        builder.AddJobs();
        builder.AddGateway();
        builder.Settings.Problems.ShouldBeEmpty();
        if (time is not null)
            builder.Services.AddSingleton(time);
        var app = builder.Build();
        app.MapHealth();
        app.MapGateway();
        await app.StartAsync();
        return new RunningGateway(app);
    }

    /// <summary>What SIGTERM does.</summary>
    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
