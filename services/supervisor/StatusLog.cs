using Speech.Contracts.Text;

namespace Speech.Supervisor;

/// <summary>The supervisor's own short lines, one per event, with the time of day. Its children's output is in their log files.</summary>
internal sealed class StatusLog(TextWriter writer, TimeProvider clock)
{
    private readonly Lock _lock = new();

    public void Write(string message)
    {
        lock (_lock)
            writer.WriteLine($"{clock.GetLocalNow():HH:mm:ss} {PlainText.EscapeLines(message)}");
    }
}
