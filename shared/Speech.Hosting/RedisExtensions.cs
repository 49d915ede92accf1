using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Speech.Hosting.Health;
using Speech.Hosting.Logging;
using Speech.Hosting.Settings;
using Speech.Redis;
using StackExchange.Redis;

namespace Speech.Hosting;

public static class RedisExtensions
{
    private const string DefaultUrl = "redis://127.0.0.1:6379";

    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Adds <see cref="RedisOptions"/> (REDIS_URL, and REDIS_PASSWORD where that names none), one <see cref="RedisClient"/> and one
    /// <see cref="Speech.Redis.RedisSubscriber"/>, which connect when first used and are disposed of with the application, and the part
    /// "redis" of /health.
    /// </summary>
    public static RedisOptions AddRedis(this WebApplicationBuilder builder)
    {
        if (builder.Services.FirstOrDefault(service => service.ServiceType == typeof(RedisOptions)) is { } present)
            return (RedisOptions)present.ImplementationInstance!;
        var options = ReadOptions(builder.Settings, builder.Environment.ApplicationName);
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(provider => new RedisClient(
            provider.GetRequiredService<RedisOptions>(), provider.GetRequiredService<ILogger<RedisClient>>()));
        builder.Services.AddSingleton(provider => new RedisSubscriber(
            provider.GetRequiredService<RedisClient>(), provider.GetRequiredService<ILogger<RedisSubscriber>>()));
        builder.Services.AddHealth("redis", CheckAsync);
        return options;
    }

    /// <summary>REDIS_URL, and REDIS_PASSWORD where that names none; for programs that are no service.</summary>
    /// <param name="clientName">Its name in Redis' CLIENT LIST.</param>
    /// <param name="problem">What is wrong with them, without the password; null: nothing.</param>
    public static RedisOptions ReadOptions(EnvironmentSettings settings, string clientName, out string? problem)
    {
        problem = null;
        try
        {
            var options = RedisOptions.Parse(settings.GetString("REDIS_URL", DefaultUrl)) with { ClientName = clientName };
            return options with { Password = options.Password ?? settings.FindSecret("REDIS_PASSWORD") };
        }
        catch (FormatException exception)
        {
            problem = $"REDIS_URL is wrong: {exception.Message}"; // its message never repeats the password
            return RedisOptions.Parse(DefaultUrl);
        }
    }

    internal static RedisOptions ReadOptions(EnvironmentSettings settings, string clientName)
    {
        var options = ReadOptions(settings, clientName, out var problem);
        if (problem is not null)
            settings.Report(problem);
        return options;
    }

    private static async Task<HealthPart> CheckAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        var client = services.GetRequiredService<RedisClient>();
        var details = new JsonObject { ["url"] = client.Options.ToString() };
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(PingTimeout);
        try
        {
            await client.PingAsync(timeout.Token);
            details["connected"] = true;
            // All that a service writes it writes by scripts, a heartbeat every second or two among them. A Redis that is full, or whose
            // user may not do enough, answers PING all the same.
            if (client.LastScript is { } ran)
                details["last_script"] = ran.ToString("o", CultureInfo.InvariantCulture);
            if (client.LastRefusal is not { } refused)
                return new HealthPart(HealthState.Ok, details);
            details["refused_at"] = refused.At.ToString("o", CultureInfo.InvariantCulture);
            details["error"] = $"the last write failed: {Redaction.Redact(refused.Error.Message)}";
            return new HealthPart(HealthState.Degraded, details);
        }
        catch (Exception exception) when (exception is RedisException || timeout.IsCancellationRequested)
        {
            details["connected"] = client.IsConnected;
            var reason = exception as RedisException ?? client.LastFailure; // time may run out while the client waits for a connection
            details["error"] = reason is null ? "no answer within a second" : Redaction.Redact(reason.Message);
            return new HealthPart(HealthState.Degraded, details);
        }
    }
}
