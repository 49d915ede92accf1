using System.Text;
using Speech.Contracts.Client;
using Speech.Contracts.Text;

namespace Speech.Cli;

/// <summary>
/// Lines of text, in which nothing steers the terminal, whoever wrote it: a server, a file, Redis. See <see cref="PlainText"/>.
/// </summary>
internal sealed class PlainWriter(TextWriter inner) : TextWriter
{
    public override Encoding Encoding => inner.Encoding;

    public override void Write(char value) => inner.Write(PlainText.EscapeLines(value.ToString()));

    public override void Write(char[] buffer, int index, int count) => inner.Write(PlainText.EscapeLines(new string(buffer, index, count)));

    public override void Write(ReadOnlySpan<char> buffer) => inner.Write(PlainText.EscapeLines(new string(buffer)));

    public override void Write(string? value) => inner.Write(PlainText.EscapeLines(value ?? ""));

    public override void WriteLine(string? value) => inner.WriteLine(PlainText.EscapeLines(value ?? ""));

    public override void Flush() => inner.Flush();
}
