using Microsoft.Extensions.Logging;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting;
using Speech.Hosting.Settings;

namespace Speech.Hosting.Logging;

internal static class LoggingSetup
{
    /// <summary>Everything goes to standard error, as LOG_LEVEL and LOG_FORMAT say: standard output belongs to programs' results.</summary>
    public static void AddSpeechLogging(this ILoggingBuilder logging, EnvironmentSettings settings, string service)
    {
        var verbosity = settings.GetEnum("LOG_LEVEL", LogVerbosity.Info);
        var format = settings.GetEnum("LOG_FORMAT", LogFormat.Text);
        logging.ClearProviders();
        logging.SetMinimumLevel(LogLevel.Trace); // Serilog decides
        logging.AddSerilog(CreateLogger(service, verbosity, FormatterOf(format)), dispose: true);
    }

    internal static ITextFormatter FormatterOf(LogFormat format) => new RedactingFormatter(
        format == LogFormat.Json ? new JsonLineFormatter() : new TextLineFormatter());

    private static Logger CreateLogger(string service, LogVerbosity verbosity, ITextFormatter formatter)
    {
        var level = verbosity switch
        {
            LogVerbosity.Trace => LogEventLevel.Verbose,
            LogVerbosity.Debug => LogEventLevel.Debug,
            LogVerbosity.Info => LogEventLevel.Information,
            LogVerbosity.Warning => LogEventLevel.Warning,
            _ => LogEventLevel.Error,
        };
        // The framework describes every request, with its query, at Information: noise, and where tokens would show.
        var framework = verbosity == LogVerbosity.Trace || level > LogEventLevel.Warning ? level : LogEventLevel.Warning;
        return new LoggerConfiguration()
            .MinimumLevel.Is(level)
            .MinimumLevel.Override("Microsoft", framework)
            .MinimumLevel.Override("System", framework)
            .Enrich.WithProperty("service", service)
            .WriteTo.Console(formatter, standardErrorFromLevel: LogEventLevel.Verbose)
            .CreateLogger();
    }
}
