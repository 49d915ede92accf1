using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Speech.Contracts.Server;

namespace Speech.Cli.Transcribe;

/// <summary>Every message as one line of JSON, as it comes, with the field <c>file</c> before its own.</summary>
internal sealed class JsonLines(TextWriter output, TextWriter errors) : ITranscriptOutput
{
    private readonly Lock _lock = new();

    public void Write(OutputFile file, ServerMessage message)
    {
        var name = JsonEncodedText.Encode(file.Name, JavaScriptEncoder.UnsafeRelaxedJsonEscaping);

        // The message is an object with at least its type: the name goes in after its brace.
        var line = $$"""{"file":"{{name}}",{{Encoding.UTF8.GetString(message.ToJson().AsSpan(1))}}""";
        lock (_lock)
            output.WriteLine(line);
    }

    public void Complain(OutputFile file, string problem)
    {
        lock (_lock)
            errors.WriteLine($"{file.ShownName}: {problem}");
    }

    public void Complete(OutputFile file)
    {
    }
}
