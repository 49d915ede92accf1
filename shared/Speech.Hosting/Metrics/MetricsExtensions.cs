using System.Diagnostics.Metrics;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Speech.Hosting.Metrics;

public static class MetricsExtensions
{
    private static readonly TimeSpan RefreshTimeout = TimeSpan.FromSeconds(2);

    /// <summary>Adds instruments of the application's own meter, made when the application is mapped and gone with it.</summary>
    public static IServiceCollection AddInstruments(this IServiceCollection services, Action<IServiceProvider, Meter> create) =>
        services.AddSingleton(new InstrumentFactory(create));

    /// <summary>
    /// <c>GET /metrics</c>: what is measured, as text that Prometheus reads (its exposition format, version 0.0.4): the instruments of
    /// this application, those of Speech's libraries (meters called Speech.*) and the runtime's (System.Runtime).
    /// </summary>
    public static void MapMetrics(this WebApplication app)
    {
        var measured = ActivatorUtilities.CreateInstance<Measured>(app.Services);
        app.Lifetime.ApplicationStopped.Register(measured.Dispose);
        app.MapReading("/metrics", async context =>
        {
            var time = context.RequestServices.GetRequiredService<TimeProvider>();
            foreach (var figures in context.RequestServices.GetServices<RedisFigures>())
                await figures.RefreshAsync(RefreshTimeout, time, context.RequestAborted);
            context.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
            context.Response.Headers.CacheControl = "no-store";
            await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(measured.ToPrometheusText()), context.RequestAborted);
        });
    }
}
