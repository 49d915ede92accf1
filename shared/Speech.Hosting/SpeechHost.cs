using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Speech.Contracts.Server;
using Speech.Contracts.Text;
using Speech.Hosting.Health;
using Speech.Hosting.Logging;
using Speech.Hosting.Metrics;
using Speech.Hosting.Settings;

namespace Speech.Hosting;

/// <summary>
/// What every service's Program.cs begins and ends with:
/// <code>
/// var builder = SpeechHost.CreateBuilder(args, "gateway", defaultPort: 8000);
/// builder.AddJobs();
/// builder.Services.AddGateway(GatewayOptions.From(builder.Settings));
/// var app = builder.Build();
/// app.MapHealth();
/// app.MapGateway();
/// return await app.RunSpeechAsync();
/// </code>
/// </summary>
public static partial class SpeechHost
{
    /// <summary>The exit code when settings are wrong: trying again will not help.</summary>
    public const int SettingsExitCode = 2;

    /// <summary>
    /// A builder with settings, logging, Kestrel and the clock, and nothing else: no appsettings.json, no file watchers. Listens on
    /// <c>--urls</c> or URLS; else on HOST (127.0.0.1) and PORT.
    /// </summary>
    /// <param name="args">The command line.</param>
    /// <param name="service">The service's name in logs and /health.</param>
    /// <param name="defaultPort">When PORT is not set; 0 lets the system choose.</param>
    public static WebApplicationBuilder CreateBuilder(string[] args, string service, int defaultPort)
    {
        var settings = EnvironmentSettings.Load(args);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = service });
        ((IHostApplicationBuilder)builder).Properties[typeof(EnvironmentSettings)] = settings;
        builder.Logging.AddSpeechLogging(settings, service);
        builder.WebHost.UseKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            ConnectionLimits.Apply(kestrel.Limits, settings);
        });
        builder.WebHost.UseSockets(ConnectionLimits.Apply);
        builder.WebHost.UseUrls(ReadUrls(settings, defaultPort));
        builder.Services.AddRouting();
        builder.Services.AddSingleton(settings);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<Instruments>();
        builder.Services.AddSingleton(services => services.GetRequiredService<Instruments>().Create);
        builder.Services.AddSingleton<IHostLifetime, SignalLifetime>();
        builder.Services.AddSingleton(ServiceInfo.Create(service, TimeProvider.System));
        var shutdownTimeout = settings.GetSeconds("DRAIN_TIMEOUT_SECONDS", 4, min: 0.1, max: 3600);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = shutdownTimeout);
        return builder;
    }

    extension(WebApplicationBuilder builder)
    {
        /// <summary>To be read before Build: <see cref="RunSpeechAsync"/> reports what is wrong with them.</summary>
        public EnvironmentSettings Settings =>
            (EnvironmentSettings)((IHostApplicationBuilder)builder).Properties[typeof(EnvironmentSettings)];
    }

    /// <summary>Runs until SIGTERM, SIGINT or a failure, and returns the program's exit code.</summary>
    /// <remarks>Wrong settings end it before it starts, with a line each on standard error and <see cref="SettingsExitCode"/>.</remarks>
    public static async Task<int> RunSpeechAsync(this WebApplication app)
    {
        var info = app.Services.GetRequiredService<ServiceInfo>();
        var logger = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger(info.Name);
        app.Lifetime.ApplicationStarted.Register(() => Log.Listening(logger, info.Version, string.Join(", ", app.Urls)));
        var stopping = app.Lifetime.ApplicationStopping;
        stopping.Register(() => Log.Stopping(logger));
        try
        {
            var settings = app.Services.GetRequiredService<EnvironmentSettings>();
            foreach (var complaint in settings.Complaints)
                Log.NoSetting(logger, complaint);
            settings.ThrowIfInvalid();
            await app.RunAsync();
            return Environment.ExitCode; // a part that broke has set it
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return Environment.ExitCode; // asked to stop before it had started
        }
        catch (SettingsException exception)
        {
            await app.DisposeAsync();
            foreach (var problem in exception.Problems)
                await Console.Error.WriteLineAsync($"{info.Name}: {PlainText.Escape(problem)}");
            return SettingsExitCode;
        }
        catch (IOException exception) when (exception.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
        {
            await Console.Error.WriteLineAsync($"{info.Name}: {exception.Message} Set PORT or --urls to another one.");
            return 1;
        }
    }

    private static string[] ReadUrls(EnvironmentSettings settings, int defaultPort)
    {
        var host = settings.GetString("HOST", "127.0.0.1");
        var port = settings.GetInt("PORT", defaultPort, min: 0, max: 65535);
        var name = settings.FindString("URLS") is not null ? "URLS" : "ASPNETCORE_URLS";
        if (settings.FindString(name) is not { } given)
        {
            var kind = Uri.CheckHostName(host);
            if (kind == UriHostNameType.Unknown && host != "*")
                settings.Report("HOST", host, "addresses and host names such as 127.0.0.1, 0.0.0.0 and localhost");
            return [$"http://{(kind == UriHostNameType.IPv6 ? $"[{host.Trim('[', ']')}]" : host)}:{port}"];
        }
        var urls = given.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        try
        {
            foreach (var url in urls)
                BindingAddress.Parse(url);
            return urls;
        }
        catch (FormatException)
        {
            settings.Report(name, given, "addresses such as http://127.0.0.1:8000, separated by ';'");
            return [];
        }
    }

    private static partial class Log
    {
        [LoggerMessage(3, LogLevel.Warning, "{Complaint}")]
        public static partial void NoSetting(ILogger logger, string complaint);

        [LoggerMessage(1, LogLevel.Information, "Version {Version} is listening on {Urls}")]
        public static partial void Listening(ILogger logger, string version, string urls);

        [LoggerMessage(2, LogLevel.Information, "Stopping")]
        public static partial void Stopping(ILogger logger);
    }
}
