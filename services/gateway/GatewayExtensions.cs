using System.Text.Json.Nodes;
using Speech.Gateway.Audio;
using Speech.Gateway.Limits;
using Speech.Gateway.Sessions;
using Speech.Gateway.Status;
using Speech.Hosting;
using Speech.Tensors;

namespace Speech.Gateway;

internal static class GatewayExtensions
{
    public static void AddGateway(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        var options = GatewayOptions.From(builder.Settings);
        services.AddSingleton(options);
        try
        {
            services.AddSingleton(VoiceDetector.Load(options.ModelFolder));
        }
        catch (Exception e) when (e is FileNotFoundException or ModelFileException)
        {
            builder.Settings.Report(e.Message);
        }
        services.AddSingleton<SessionLimits>();
        services.AddSingleton<SessionServices>();
        services.AddSingleton<SessionRegistry>();
        services.AddSingleton<SessionEndpoint>();
        services.AddSingleton<StatusEndpoint>();
        services.AddSingleton<QueueDepthMonitor>();
        services.AddHostedService(provider => provider.GetRequiredService<QueueDepthMonitor>());
        services.AddHealth("sessions", provider => new HealthPart(HealthState.Ok, new JsonObject
        {
            ["active"] = provider.GetRequiredService<SessionRegistry>().Count,
            ["max"] = provider.GetRequiredService<GatewayOptions>().MaxSessions,
        }));
    }

    public static void MapGateway(this WebApplication app)
    {
        app.UseWebSockets();
        app.MapGet("/ws", context => context.RequestServices.GetRequiredService<SessionEndpoint>().HandleAsync(context));
        app.MapGet("/api/status", context => context.RequestServices.GetRequiredService<StatusEndpoint>().HandleAsync(context));
    }
}
