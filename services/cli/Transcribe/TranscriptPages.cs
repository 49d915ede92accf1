using System.Globalization;
using Speech.Contracts.Server;
using Speech.Contracts.Text;

namespace Speech.Cli.Transcribe;

/// <summary>
/// Transcripts for people, file by file in the order given: the first unfinished file is printed as it goes, lines of later ones wait for
/// their turn. With several files, each has its name above.
/// </summary>
internal sealed class TranscriptPages : ITranscriptOutput
{
    private readonly Lock _lock = new();
    private readonly Action<string> _output;
    private readonly Action<string> _errors;
    private readonly Page[] _pages;
    private int _current;

    public TranscriptPages(IReadOnlyList<string> files, Action<string> output, Action<string> errors)
    {
        (_output, _errors) = (output, errors);
        _pages = [.. files.Select(_ => new Page())];
        if (files.Count == 1)
            return;
        foreach (var (file, page) in files.Zip(_pages))
            page.Waiting.Add($"== {file}");
        PrintWaiting();
    }

    public void Write(OutputFile file, ServerMessage message)
    {
        switch (message)
        {
            case Transcript transcript:
                lock (_lock)
                    _pages[file.Index].Times[transcript.Segment] = (transcript.Start, transcript.End);
                Add(file, Timed(transcript.Start, transcript.End, transcript.Text));
                foreach (var word in transcript.Words ?? [])
                    Add(file, string.Create(
                        CultureInfo.InvariantCulture, $"    {Timed(word.Start, word.End, word.Text)} ({word.Probability:P0})"));
                break;
            case Partial partial:
                Add(file, $"[{partial.Segment} …] {Printable(partial.Text)}");
                break;
            case Translation translation:
                // It may come when later segments have been printed: the times say which one it translates.
                var (start, end) = TimesOf(file, translation.Segment);
                var stub = translation.Model == Translation.Stub ? " (no translation: a stub)" : "";
                Add(file, Timed(start, end, $"{translation.Language}: {translation.Text}{stub}"));
                break;
            case Warning warning:
                Complain(file, Printable(warning.Message));
                break;
            case Failed failed:
                Complain(file, $"segment {failed.Segment}: {Printable($"{failed.Stage} {failed.Language}")} failed: {Printable(failed.Message)} ({Printable(failed.Code)})");
                break;
        }
    }

    public void Complain(OutputFile file, string problem)
    {
        lock (_lock)
            _errors($"{file.ShownName}: {problem}");
    }

    public void Complete(OutputFile file)
    {
        lock (_lock)
        {
            _pages[file.Index].IsComplete = true;
            PrintWaiting();
        }
    }

    private (double Start, double End) TimesOf(OutputFile file, int segment)
    {
        lock (_lock)
            return _pages[file.Index].Times.GetValueOrDefault(segment);
    }

    private void Add(OutputFile file, string line)
    {
        lock (_lock)
        {
            _pages[file.Index].Waiting.Add(line);
            if (file.Index == _current)
                PrintWaiting();
        }
    }

    private void PrintWaiting()
    {
        while (_current < _pages.Length)
        {
            var page = _pages[_current];
            page.Waiting.ForEach(_output);
            page.Waiting.Clear();
            if (!page.IsComplete)
                return;
            _current++;
        }
    }

    private static string Timed(double start, double end, string text) =>
        string.Create(CultureInfo.InvariantCulture, $"[{start:F2} → {end:F2}] {Printable(text)}");

    // A server is not to steer our terminal.
    private static string Printable(string text) => PlainText.Escape(text.Trim());

    private sealed class Page
    {
        public List<string> Waiting { get; } = [];

        /// <summary>Seconds, of each segment.</summary>
        public Dictionary<int, (double Start, double End)> Times { get; } = [];

        public bool IsComplete { get; set; }
    }
}
