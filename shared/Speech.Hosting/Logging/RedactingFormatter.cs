using System.Globalization;
using Serilog.Events;
using Serilog.Formatting;

namespace Speech.Hosting.Logging;

internal sealed class RedactingFormatter(ITextFormatter inner) : ITextFormatter
{
    public void Format(LogEvent logEvent, TextWriter output)
    {
        var line = new StringWriter(CultureInfo.InvariantCulture);
        inner.Format(logEvent, line);
        output.Write(Redaction.Redact(line.ToString()));
    }
}
