using System.Globalization;
using Serilog.Events;
using Serilog.Formatting;
using Serilog.Formatting.Json;
using Speech.Contracts.Server;
using Speech.Contracts.Text;

namespace Speech.Hosting.Logging;

/// <summary>
/// One event as one line: {"time", "level", "message", "exception"?, then the event's own properties}. Besides what JSON must escape, all
/// that steers a terminal is escaped as JSON may; long texts are cut.
/// </summary>
internal sealed class JsonLineFormatter : ITextFormatter
{
    private static readonly JsonValueFormatter Values = new(typeTagName: null);

    public void Format(LogEvent logEvent, TextWriter output)
    {
        var line = new StringWriter(CultureInfo.InvariantCulture);
        WriteObject(logEvent, line);
        output.Write(PlainText.Escape(line.ToString()));
        output.Write('\n');
    }

    private static void WriteObject(LogEvent logEvent, StringWriter output)
    {
        output.Write("{\"time\":\"");
        output.Write(logEvent.Timestamp.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        output.Write("\",\"level\":\"");
        output.Write(logEvent.Level switch
        {
            LogEventLevel.Verbose => "trace",
            LogEventLevel.Debug => "debug",
            LogEventLevel.Information => "info",
            LogEventLevel.Warning => "warning",
            LogEventLevel.Error => "error",
            _ => "fatal",
        });
        output.Write("\",\"message\":");
        JsonValueFormatter.WriteQuotedJsonString(
            Bounded(TextLineFormatter.MessageOf(logEvent), TextLineFormatter.MaxMessageLength), output);
        if (logEvent.Exception is { } exception)
        {
            output.Write(",\"exception\":");
            JsonValueFormatter.WriteQuotedJsonString(Bounded(exception.ToString(), TextLineFormatter.MaxExceptionLength), output);
        }
        foreach (var (name, value) in logEvent.Properties)
        {
            output.Write(',');
            JsonValueFormatter.WriteQuotedJsonString(name, output);
            output.Write(':');
            if (value is ScalarValue { Value: string text })
                JsonValueFormatter.WriteQuotedJsonString(Bounded(text, TextLineFormatter.MaxMessageLength), output);
            else
                Values.Format(value, output);
        }
        output.Write('}');
    }

    private static string Bounded(string text, int maxLength) => text.Length <= maxLength ? text : text[..maxLength] + "…";
}
