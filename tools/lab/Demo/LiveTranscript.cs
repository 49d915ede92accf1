using System.Text;
using Spectre.Console;
using Speech.Contracts.Server;
using Speech.Contracts.Text;
using Speech.Evaluation;
using Speech.Lab.Speakers;

namespace Speech.Lab.Demo;

/// <summary>
/// One speaker's transcripts as lines, compared with what was said: a wrong word as {heard|said}, an extra one as {heard|}, a missing one
/// as {|said}. All words so far are aligned with all that was said so far, so that a word lost at the border of a segment shows too, before
/// the next word that was heard.
/// </summary>
/// <param name="realTime">Whether the audio is sent as it is spoken: then latency means something.</param>
internal sealed class LiveTranscript(SpeakerScript script, bool realTime)
{
    /// <summary>So that a line fits a terminal of 80 columns.</summary>
    private const int TextWidth = 44;

    private readonly List<string> _heard = [];

    /// <summary>The line of the next segment, as Spectre's markup.</summary>
    public string Line(HeardSegment heard)
    {
        var transcript = heard.Transcript;
        return $"[grey]{script.Name,2} {Person(heard),-5}[/] {transcript.Start,6:F2} →{transcript.End,7:F2}  {Compare(heard)} [grey]{Latency(heard)}[/]";
    }

    /// <summary>The line of a translation, with the time of what it translates.</summary>
    public string Line(ReadTranslation read)
    {
        var translation = read.Translation;
        var text = Markup.Escape(PlainText.Escape(translation.Text));
        var latency = realTime ? $"+{read.AfterTranscript.TotalMilliseconds:F0} ms" : "";
        return $"[grey]{script.Name,2}       {read.Of.Start,6:F2} → {translation.Language,6}[/]  [blue]{text.PadRight(TextWidth)}[/] [grey]{latency}[/]";
    }

    private string Latency(HeardSegment heard) =>
        realTime && heard.AfterSpeech is { } latency ? $"{latency.TotalMilliseconds,4:F0} ms" : "";

    private string Person(HeardSegment heard) => script.Utterances
        .MaxBy(utterance => Math.Min(
            utterance.End, heard.Transcript.End) - Math.Max(utterance.Start, heard.Transcript.Start))!.Utterance.Person;

    private string Compare(HeardSegment heard)
    {
        var before = _heard.Count;
        _heard.AddRange(WordAlignment.Words(heard.Transcript.Text));
        var said = script.Utterances
            .Where(placed => placed.Start < heard.Transcript.End)
            .SelectMany(placed => WordAlignment.Words(placed.Utterance.Text));

        var line = new StringBuilder();
        var position = 0;
        foreach (var word in WordAlignment.Align([.. said], _heard))
        {
            var isNew = position >= before && position < _heard.Count;
            if (word.Hypothesis is not null)
                position++;
            if (!isNew)
                continue;
            line.Append(line.Length > 0 ? " " : "").Append(word.Edit == WordEdit.Match
                ? Markup.Escape(word.Hypothesis!)
                : $"[red]{Markup.Escape($"{{{word.Hypothesis}|{word.Reference}}}")}[/]");
        }

        // Marks take room in the text, but none on the terminal.
        return line.Append(' ', Math.Max(0, TextWidth - Markup.Remove(line.ToString()).Length)).ToString();
    }
}
