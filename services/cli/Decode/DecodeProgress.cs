using System.Diagnostics;
using Spectre.Console;
using Speech.Models.Whisper;

namespace Speech.Cli.Decode;

/// <summary>
/// What is seen while a recording is decoded: segments as they come, if they have times, and, where standard error is a terminal, a line below them
/// that says how far it is.
/// </summary>
internal sealed class DecodeProgress : IProgress<TranscriptionProgress>, IProgress<double>, IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly IAnsiConsole? _terminal = Console.IsErrorRedirected ? null : Terminal.Errors();
    private long _last = Stopwatch.GetTimestamp();
    private bool _shown;
    private double _totalSeconds;
    private Action<IReadOnlyList<TranscribedSegment>>? _write;

    /// <summary>When the recording has been read for the first time.</summary>
    /// <param name="totalSeconds">Of the recording.</param>
    /// <param name="write">Takes segments as they come; null where all is written at the end.</param>
    public void Begin(double totalSeconds, Action<IReadOnlyList<TranscribedSegment>>? write) => (_totalSeconds, _write) = (totalSeconds, write);

    /// <summary>While it is read for the first time.</summary>
    public void Report(double value) => Show($"reading: {Time(value)}");

    public void Report(TranscriptionProgress value)
    {
        if (_write is not null && value.Segments.Count > 0)
        {
            Clear();
            _write(value.Segments);
        }

        Show($"{Time(value.Seconds)} of {Time(_totalSeconds)}");
    }

    /// <summary>Takes the line away: before anything else is written, and at the end, however it ends.</summary>
    public void Clear()
    {
        if (_shown)
            _terminal!.Write(new ControlCode("\r\e[K"));
        _shown = false;
    }

    public void Dispose() => Clear();

    /// <summary>A short recording is done before it would be seen.</summary>
    private void Show(string text)
    {
        if (_terminal is not { Profile.Capabilities.Ansi: true } || Stopwatch.GetElapsedTime(_last) < Interval)
            return;
        _last = Stopwatch.GetTimestamp();
        Clear();
        _terminal.Write(new Text(text));
        _shown = true;
    }

    private static string Time(double seconds) => TimeSpan.FromSeconds(Math.Floor(seconds)).ToString("c");
}
