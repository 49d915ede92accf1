using System.Globalization;
using Serilog.Events;
using Serilog.Formatting;
using Speech.Contracts.Server;
using Speech.Contracts.Text;

namespace Speech.Hosting.Logging;

/// <summary>
/// For people: <c>12:34:56.789 WRN gateway: message</c>, then the exception, if any, on lines of its own that begin with blanks. Whatever
/// the message and the exception hold comes from outside as often as not: it can begin no line and steers no terminal (<see
/// cref="PlainText"/>).
/// </summary>
internal sealed class TextLineFormatter : ITextFormatter
{
    /// <summary>Letters of a message, which somebody else may have chosen.</summary>
    internal const int MaxMessageLength = 8 * 1024;

    /// <summary>Letters of an exception with all those inside it.</summary>
    internal const int MaxExceptionLength = 32 * 1024;

    private const string ExceptionIndent = "  ";

    public void Format(LogEvent logEvent, TextWriter output)
    {
        output.Write(logEvent.Timestamp.ToString("HH:mm:ss.fff ", CultureInfo.InvariantCulture));
        output.Write(logEvent.Level switch
        {
            LogEventLevel.Verbose => "VRB",
            LogEventLevel.Debug => "DBG",
            LogEventLevel.Information => "INF",
            LogEventLevel.Warning => "WRN",
            LogEventLevel.Error => "ERR",
            _ => "FTL",
        });
        if (logEvent.Properties.TryGetValue("service", out var service))
            output.Write($" {PlainText.Escape(TextOf(service))}");
        output.Write(": ");
        output.Write(PlainText.Shorten(MessageOf(logEvent), MaxMessageLength));
        output.Write('\n');
        if (logEvent.Exception is not { } exception)
            return;
        foreach (var line in Bounded(exception.ToString()).Split('\n'))
            output.Write($"{ExceptionIndent}{PlainText.Escape(line.TrimEnd('\r'))}\n");
    }

    /// <summary>The message with its values in place, strings without quotes.</summary>
    internal static string MessageOf(LogEvent logEvent)
    {
        var message = new StringWriter(CultureInfo.InvariantCulture);
        foreach (var token in logEvent.MessageTemplate.Tokens)
        {
            if (token is Serilog.Parsing.PropertyToken property && logEvent.Properties.TryGetValue(property.PropertyName, out var value)
                && value is ScalarValue { Value: string text })
                message.Write(text);
            else
                token.Render(logEvent.Properties, message, CultureInfo.InvariantCulture);
        }
        return message.ToString();
    }

    private static string TextOf(LogEventPropertyValue value) => value is ScalarValue { Value: string text } ? text : value.ToString();

    private static string Bounded(string text) => text.Length <= MaxExceptionLength ? text : text[..MaxExceptionLength] + "…";
}
