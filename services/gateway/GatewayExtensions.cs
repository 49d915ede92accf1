using System.Text.Json.Nodes;
using Speech.Audio;
using Speech.Gateway.Admission;
using Speech.Gateway.Audio;
using Speech.Gateway.Languages;
using Speech.Gateway.Limits;
using Speech.Gateway.Memory;
using Speech.Gateway.Sessions;
using Speech.Gateway.Status;
using Speech.Hosting;
using Speech.Hosting.Health;
using Speech.Hosting.Metrics;
using Speech.Tensors;

namespace Speech.Gateway;

internal static partial class GatewayExtensions
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
        try
        {
            AudioLibraries.Use(options.AudioLibraries);
        }
        catch (MissingNativeLibraryException e)
        {
            builder.Settings.Report($"AUDIO_LIBRARIES is native. {e.Message}");
        }
        services.AddSingleton<SessionLimits>();
        services.AddSingleton<Arrivals>();
        var trusted = new TrustedNetworks(TrustedProxies.Read(builder.Settings));
        services.AddSingleton(trusted);
        var connections = new AddressConnections(options.MaxConnectionsPerAddress, trusted);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Use(connections.LetIn)));
        services.AddSingleton<HeldAudio>();
        services.AddSingleton<KnownWorkers>();
        services.AddSingleton<WorkerSlots>();
        services.AddHostedService(provider => provider.GetRequiredService<WorkerSlots>());
        services.AddSingleton<QueueAdmission>();
        services.AddSingleton<SessionServices>();
        services.AddSingleton<SessionRegistry>();
        services.AddSingleton<Handover>();
        services.AddHostedService(provider => provider.GetRequiredService<Handover>());
        services.AddSingleton<SessionEndpoint>();
        services.AddSingleton<HeartbeatReader>();
        services.AddSingleton<StatusEndpoint>();
        services.AddSingleton<HealthOfAllEndpoint>();
        services.AddHostedService<GatewayHeartbeat>();
        services.AddHostedService(provider => new MemoryReturn(
            () => provider.GetRequiredService<SessionRegistry>().Count,
            new ProcessMemory(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<MemoryReturn>>()));
        services.AddSingleton<GatewayInstruments>();
        services.AddInstruments(GatewayInstruments.AddTo);
        services.AddSingleton<QueueDepthMonitor>();
        services.AddSingleton<TranslatorPresence>();
        services.AddSingleton<ServedLanguages>();
        services.AddSingleton<LanguagesEndpoint>();
        services.AddSingleton<PromptUse>();
        services.AddHostedService(provider => provider.GetRequiredService<QueueDepthMonitor>());
        services.AddHealth("sessions", provider => new HealthPart(HealthState.Ok, new JsonObject
        {
            ["active"] = provider.GetRequiredService<SessionRegistry>().Count,
            ["max"] = provider.GetRequiredService<GatewayOptions>().MaxSessions,
        }));
        services.AddHealth("held", provider => HealthOf(provider.GetRequiredService<HeldAudio>()));
    }

    /// <summary>Segments that Redis has not taken: a few on their way are as it should be, as many as fit are not.</summary>
    private static HealthPart HealthOf(HeldAudio held) => new(
        held.IsFull ? HealthState.Degraded : HealthState.Ok,
        new JsonObject { ["segments"] = held.Segments, ["bytes"] = held.Bytes });

    public static void MapGateway(this WebApplication app)
    {
        Log.AudioLibraries(app.Logger, AudioLibraries.Description);
        app.UseTrustedProxies();
        app.MapFrontPage(
            ("/ws", "WebSocket: audio in, transcripts and translations out"),
            (LanguagesEndpoint.Path, "the languages that can be asked for"),
            ("/api/status", "sessions, queue and workers"),
            ("/health/all", "whether every instance of every service is well"));
        app.UseWebSockets();
        app.MapGet("/ws", context => context.RequestServices.GetRequiredService<SessionEndpoint>().HandleAsync(context));
        app.MapReading(
            LanguagesEndpoint.Path, context => context.RequestServices.GetRequiredService<LanguagesEndpoint>().HandleAsync(context));
        app.MapReading("/health/all", context => context.RequestServices.GetRequiredService<HealthOfAllEndpoint>().HandleAsync(context));
        app.MapReading("/api/status", context => context.RequestServices.GetRequiredService<StatusEndpoint>().HandleAsync(context));
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Audio: {Libraries}")]
        public static partial void AudioLibraries(ILogger logger, string libraries);
    }
}
