using Spectre.Console;

namespace Speech.Lab.Speakers;

/// <summary>A report for people.</summary>
internal static class ReportTable
{
    public static void Write(IAnsiConsole console, SpeakersReport report)
    {
        var table = new Table().Border(TableBorder.None).HideHeaders().AddColumn(new TableColumn("").NoWrap()).AddColumn("");
        Add("speakers", $"{report.Speakers}, {report.AudioSeconds:F0} s of audio in {report.WallSeconds:F0} s");
        Add("utterances", $"{report.Utterances}, heard as {report.Segments} segments");
        Add("word error rate", $"{report.Errors}");
        Add("  of the model itself", $"{report.ModelErrors}");
        Add("  between the two", $"{report.DifferencesFromModel}");
        Add("latency", report.LatencyAfterSpeech is { } speech ? $"{speech}, from the end of speech" : null);
        Add("", report.LatencyAfterSegment is { } segment ? $"{segment}, from the end of the segment" : null);
        Add("", report.LatencyAfterDecision is { } decision ? $"{decision}, from the silence that ends a segment" : null);
        Add("translations", report.Translations is { } translations
            ? $"{translations}{(report.TranslationLatency is { } after ? $"; {after}, from the transcript" : "")}" : null);
        Add("real-time factor", report.RealTimeFactor is { } factor
            ? $"{factor:F4} processor seconds of the workers for a second of audio" : null);
        Add("cores in use", report.WorkerCores is { } worker ? $"STT workers {worker:F2}, {(report.TranslatorCores is { } translator ? $"translation workers {translator:F2}, " : "")}gateways {report.GatewayCores:F2}" : "n/a: the server's processes are not ours");
        Add("queue", report.QueueAtEnd is { } queue ? $"at most {report.DeepestQueue}; at the end {queue}" : "n/a, likewise");
        console.Write(table);
        foreach (var problem in report.Problems)
            console.MarkupLine($"[red]not well:[/] {Markup.Escape(problem)}");
        if (report.Ok)
            console.MarkupLine("[green]All is well.[/]");

        void Add(string name, string? value)
        {
            if (value is not null)
                table.AddRow(name, Markup.Escape(value));
        }
    }
}
