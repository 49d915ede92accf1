using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Speech.Contracts.Jobs;
using Speech.Contracts.Languages;
using Speech.Contracts.Server;
using Speech.Contracts.Sessions;

namespace Speech.Contracts.Tests;

/// <summary>Generators of every message, with the awkward values that real ones have: empty texts, control characters, emoji.</summary>
internal static class Messages
{
    public static Gen<string> Text { get; } =
        from runes in Gen.OneOf(
            Gen.Choose(0x20, 0x7e),
            Gen.Choose(0, 0x1f),
            Gen.Choose(0x80, 0xd7ff),
            Gen.Choose(0xe000, 0xffff),
            Gen.Choose(0x10000, 0x10ffff)).ListOf()
        select string.Concat(runes.Select(rune => new Rune(rune).ToString()));

    public static Gen<string> ShortText { get; } = from text in Text select text.Length > 30 ? "shortened" : text;

    public static Gen<string> ClientId { get; } =
        from characters in Gen.Elements("abcXYZ019_.:-".ToCharArray()).NonEmptyListOf()
        select new string([.. characters.Take(Contracts.Sessions.ClientId.MaxLength)]);

    public static Gen<int> Count { get; } = Gen.OneOf(Gen.Choose(0, 300), Gen.Choose(0, int.MaxValue), Gen.Constant(int.MaxValue));

    public static Gen<long> Seq { get; } = Gen.OneOf(
        from count in Count select Math.Max(1L, count), Gen.Constant(ResultEnvelope.MaxSeq), Gen.Constant(1L << 32));

    public static Gen<double> Time { get; } = Gen.OneOf(
        from milliseconds in Gen.Choose(0, int.MaxValue) select milliseconds / 1000.0,
        from seconds in Gen.Choose(0, 100_000) select (double)seconds,
        Gen.Elements(0.0, double.Epsilon, 0.1 + 0.2, 1e300));

    public static Gen<(double Start, double End)> Span { get; } =
        from one in Time
        from other in Time
        select (Math.Min(one, other), Math.Max(one, other));

    public static Gen<double> Probability { get; } = from thousandths in Gen.Choose(0, 1000) select thousandths / 1000.0;

    public static Gen<string> WhisperLanguage { get; } = Gen.Elements(WhisperLanguages.Codes.ToArray());

    public static Gen<Word> Word { get; } =
        from text in ShortText
        from span in Span
        from probability in Probability
        select new Word(text, span.Start, span.End, probability);

    public static Gen<SegmentResult> Result { get; } = Gen.OneOf(
        from segment in Count
        from revision in Count
        from text in Text
        select (SegmentResult)new Partial(segment, revision, text),
        from seq in Seq
        from segment in Count
        from span in Span
        from text in Text
        from language in WhisperLanguage
        from confidence in Probability
        from words in Gen.OneOf(Gen.Constant<List<Word>?>(null), from words in Word.ListOf() select (List<Word>?)[.. words])
        from translations in Gen.OneOf(
            Gen.Constant<string[]?>(null), from codes in Gen.SubListOf("fr", "zho_Hans") select (string[]?)[.. codes])
        select (SegmentResult)new Transcript(seq, segment, span.Start, span.End, text, language, confidence, words, translations),
        from seq in Seq
        from segment in Count
        from language in Gen.Elements("fr", "fra_Latn", "zh")
        from text in Text
        from model in Gen.Elements(null, Translation.Stub)
        select (SegmentResult)new Translation(seq, segment, language, text, model),
        from seq in Seq
        from segment in Count
        from code in ShortText
        from message in Text
        from language in Gen.Elements(null, "fr")
        select (SegmentResult)new Failed(seq, segment, language is null ? "transcribe" : "translate", code, message, language));

    public static Gen<ServerMessage> ServerMessage { get; } = Gen.OneOf(
        from result in Result select (ServerMessage)result,
        from id in ClientId
        from rate in Count
        from committed in Time
        select (ServerMessage)new Ready(id, rate, committed),
        from segment in Count
        from start in Time
        select (ServerMessage)new SpeechStarted(segment, start),
        from until in Time select (ServerMessage)new Committed(until),
        from code in ShortText
        from message in Text
        select (ServerMessage)new Warning(code, message),
        Gen.Constant<ServerMessage>(new Done()),
        Gen.Constant<ServerMessage>(new Pong()));

    public static Gen<AudioJob> AudioJob { get; } =
        from id in ClientId
        from segment in Count
        from kind in Gen.Elements(AudioJobKind.Final, AudioJobKind.Interim)
        from revision in Count
        from span in Span
        from language in Gen.OneOf(Gen.Constant<string?>(null), from language in WhisperLanguage select (string?)language)
        from prompt in Gen.OneOf(Gen.Constant<string?>(null), from text in ShortText where Prompt.IsValid(text) select (string?)text)
        from translate in Gen.SubListOf("fr", "es", "fra_Latn", "yue_Hant", "no")
        from words in Gen.Elements(true, false)
        from traceId in Gen.OneOf(Gen.Constant<string?>(null), Gen.Constant<string?>("4bf92f3577b34da6a3ce929d0e0e4736"))
        from createdAt in Gen.Choose(0, int.MaxValue)
        from samples in Gen.Choose(1, 70_000)
        from filling in Gen.Choose(0, 255)
        select new AudioJob
        {
            ClientId = id,
            Segment = segment,
            Kind = kind,
            Revision = revision,
            Start = span.Start,
            End = span.End,
            Language = language,
            Prompt = prompt,
            Translate = [.. translate],
            Words = words,
            TraceId = traceId,
            CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(createdAt * 1000L),
            Audio = Enumerable.Repeat((byte)filling, samples * 2).ToArray(),
        };

    public static Gen<TranslationJob> TranslationJob { get; } =
        from id in ClientId
        from segment in Count
        from text in Text
        from source in Gen.Elements("en", "fr", "yue", "jw")
        from language in Gen.Elements("es", "fra_Latn", "zh")
        from traceId in Gen.OneOf(Gen.Constant<string?>(null), Gen.Constant<string?>("4bf92f3577b34da6a3ce929d0e0e4736"))
        from createdAt in Gen.Choose(0, int.MaxValue)
        select new TranslationJob
        {
            ClientId = id,
            Segment = segment,
            Text = text,
            SourceLanguage = source,
            Language = language,
            TraceId = traceId,
            CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(createdAt * 1000L),
        };

    public static TranslationJob SomeTranslationJob { get; } = new()
    {
        ClientId = "anna",
        Segment = 3,
        Text = "Où êtes-vous ?",
        SourceLanguage = "fr",
        Language = "es",
        TraceId = "4bf92f3577b34da6a3ce929d0e0e4736",
        CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000),
    };

    public static AudioJob SomeJob(string clientId = "anna", int segment = 0, int audioBytes = 3200, string? prompt = null) => new()
    {
        ClientId = clientId,
        Segment = segment,
        Kind = AudioJobKind.Final,
        Prompt = prompt,
        Start = 1.5,
        End = 1.6,
        CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000),
        Audio = new byte[audioBytes],
    };
}
