using Speech.Contracts.Maps;

namespace Speech.Contracts.Server;

/// <summary>What a worker found out about one segment; travels through Redis, see <see cref="ResultEnvelope"/>.</summary>
public abstract record SegmentResult(int Segment) : ServerMessage;

/// <summary>What a segment that still goes on sounds like so far. A later revision replaces it, its transcript ends it.</summary>
public sealed record Partial(int Segment, int Revision, string Text) : SegmentResult(Segment)
{
    public override string Type => "partial";

    internal override void WriteFields<TWriter>(ref TWriter writer)
    {
        writer.Integer("segment"u8, Segment);
        writer.Integer("revision"u8, Revision);
        writer.Text("text"u8, Text);
    }
}

/// <summary>A result that stays, is kept in the client's history and is sent exactly once, in the order of <see cref="Seq"/>.</summary>
/// <param name="Seq">From 1; 0 while Redis has not yet given one, and then not written.</param>
/// <param name="Segment">From 0.</param>
public abstract record FinalResult(long Seq, int Segment) : SegmentResult(Segment)
{
    internal override void WriteFields<TWriter>(ref TWriter writer)
    {
        if (Seq != 0)
            writer.Integer("seq"u8, Seq);
        writer.Integer("segment"u8, Segment);
    }
}

/// <summary>What was said in a segment; an empty text when nothing was.</summary>
/// <param name="Confidence">0..1, the mean probability of the tokens.</param>
/// <param name="Words">With their times, when the client asked for them.</param>
/// <param name="Translations">Languages, as the client wrote them, in which this will follow: for each there will be a translation or a
/// failure.</param>
public sealed record Transcript(
    long Seq,
    int Segment,
    double Start,
    double End,
    string Text,
    string Language,
    double Confidence,
    IReadOnlyList<Word>? Words = null,
    IReadOnlyList<string>? Translations = null) : FinalResult(Seq, Segment)
{
    public override string Type => "transcript";

    internal override void WriteFields<TWriter>(ref TWriter writer)
    {
        base.WriteFields(ref writer);
        writer.Number("start"u8, Start);
        writer.Number("end"u8, End);
        writer.Text("text"u8, Text);
        writer.Text("language"u8, Language);
        writer.Number("confidence"u8, Confidence);
        if (Words is not null)
        {
            writer.BeginArray("words"u8, Words.Count);
            foreach (var word in Words)
            {
                writer.BeginMap(4);
                writer.Text("word"u8, word.Text);
                writer.Number("start"u8, word.Start);
                writer.Number("end"u8, word.End);
                writer.Number("probability"u8, word.Probability);
                writer.EndMap();
            }
            writer.EndArray();
        }
        if (Translations is not null)
        {
            writer.BeginArray("translations"u8, Translations.Count);
            foreach (var language in Translations)
                writer.Item(language);
            writer.EndArray();
        }
    }
}

/// <summary>One word of a transcript and when it was said.</summary>
public readonly record struct Word(string Text, double Start, double End, double Probability);

/// <summary>A transcript in another language.</summary>
/// <param name="Language">As the client wrote it in <c>translate=</c>.</param>
/// <param name="Model">"stub" when no model has translated this: it is for trying out the rest. Else null.</param>
public sealed record Translation(long Seq, int Segment, string Language, string Text, string? Model = null) : FinalResult(Seq, Segment)
{
    public const string Stub = "stub";

    public override string Type => "translation";

    internal override void WriteFields<TWriter>(ref TWriter writer)
    {
        base.WriteFields(ref writer);
        writer.Text("language"u8, Language);
        writer.Text("text"u8, Text);
        if (Model is not null)
            writer.Text("model"u8, Model);
    }
}

/// <summary>A segment that could not be done, after every attempt.</summary>
/// <param name="Stage"><see cref="Transcribing"/> or <see cref="Translating"/>.</param>
/// <param name="Code">For programs, e.g. "max_deliveries".</param>
/// <param name="Message">For people.</param>
/// <param name="Language">Of the translation that could not be made; null when it is the transcript.</param>
public sealed record Failed(long Seq, int Segment, string Stage, string Code, string Message, string? Language = null) : FinalResult(
    Seq, Segment)
{
    public const string Transcribing = "transcribe";
    public const string Translating = "translate";

    public override string Type => "failed";

    internal override void WriteFields<TWriter>(ref TWriter writer)
    {
        base.WriteFields(ref writer);
        writer.Text("stage"u8, Stage);
        writer.Text("code"u8, Code);
        writer.Text("message"u8, Message);
        if (Language is not null)
            writer.Text("language"u8, Language);
    }
}
