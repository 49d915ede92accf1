using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Speech.Hosting.Metrics;

public static class MetricsExtensions
{
    /// <summary>Adds instruments of the application, made when it is mapped.</summary>
    public static IServiceCollection AddInstruments(this IServiceCollection services, Action<IServiceProvider, Instruments> create) =>
        services.AddSingleton(new InstrumentSet(create));

    /// <summary>
    /// <c>GET /metrics</c>: what is measured, as text that Prometheus reads (its exposition format, version 0.0.4): the instruments of
    /// this application and the runtime's.
    /// </summary>
    public static void MapMetrics(this WebApplication app)
    {
        var instruments = app.Services.GetRequiredService<Instruments>();
        RuntimeFigures.AddTo(instruments);
        var exceptions = new ThrownExceptions(instruments.Create);
        app.Lifetime.ApplicationStopped.Register(exceptions.Dispose);
        foreach (var set in app.Services.GetServices<InstrumentSet>())
            set.Create(app.Services, instruments);
        app.MapReading("/metrics", context =>
        {
            context.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
            context.Response.Headers.CacheControl = "no-store";
            return instruments.WriteAsync(context.Response.Body, context.RequestAborted);
        });
    }
}
