using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Speech.Hosting.Logging;

namespace Speech.Hosting.Health;

public static class HealthExtensions
{
    // What asks (an orchestrator, the supervisor) waits for a few seconds at most.
    private static readonly TimeSpan CheckTimeout = TimeSpan.FromSeconds(2);

    /// <summary>Adds a part to <c>/health</c>, asked at every request: it should answer from what it knows.</summary>
    public static IServiceCollection AddHealth(this IServiceCollection services, string name, Func<IServiceProvider, HealthPart> check) =>
        services.AddSingleton(provider => new HealthCheck(name, _ => Task.FromResult(check(provider))));

    /// <summary>Adds a part that has to look; one that takes longer than two seconds counts as degraded.</summary>
    public static IServiceCollection AddHealth(
        this IServiceCollection services, string name, Func<IServiceProvider, CancellationToken, Task<HealthPart>> check) =>
        services.AddSingleton(provider => new HealthCheck(name, cancellationToken => check(provider, cancellationToken)));

    /// <summary>
    /// <c>GET /health</c>: {"status": "ok" | "starting" | "degraded", "service", "version", "uptime_seconds", then each part by its
    /// name}. 200 when all is ok, otherwise 503.
    /// </summary>
    public static void MapHealth(this WebApplication app) => app.MapReading("/health", RespondAsync);

    private static async Task RespondAsync(HttpContext context)
    {
        var services = context.RequestServices;
        var info = services.GetRequiredService<ServiceInfo>();
        var time = services.GetRequiredService<TimeProvider>();
        var checks = services.GetServices<HealthCheck>().ToArray();
        var parts = await Task.WhenAll(checks.Select(check => RunAsync(check, time, context.RequestAborted)));

        var state = parts.Select(part => part.State).DefaultIfEmpty(HealthState.Ok).Max();
        var body = new JsonObject
        {
            ["status"] = NameOf(state),
            ["service"] = info.Name,
            ["version"] = info.Version,
            ["uptime_seconds"] = Math.Round((time.GetUtcNow() - info.StartedAt).TotalSeconds, 3),
        };
        foreach (var (check, part) in checks.Zip(parts))
        {
            var details = part.Details ?? [];
            details.Insert(0, "status", NameOf(part.State));
            body[check.Name] = details;
        }
        context.Response.StatusCode = state == HealthState.Ok ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        await context.Response.WriteAsync(body.ToJsonString(), context.RequestAborted);
    }

    private static async Task<HealthPart> RunAsync(HealthCheck check, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            return await check.CheckAsync(cancellationToken).WaitAsync(CheckTimeout, time, cancellationToken);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            return new HealthPart(HealthState.Degraded, new JsonObject { ["error"] = Redaction.Redact(exception.Message) });
        }
    }

    private static string NameOf(HealthState state) => state switch
    {
        HealthState.Ok => "ok",
        HealthState.Starting => "starting",
        _ => "degraded",
    };
}
