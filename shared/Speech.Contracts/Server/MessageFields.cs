using System.Text;
using Speech.Contracts.Jobs;
using Speech.Contracts.Languages;
using Speech.Contracts.Maps;
using Speech.Contracts.Sessions;

namespace Speech.Contracts.Server;

/// <summary>
/// All fields that any server message has. A name means one thing in the whole protocol, so one loop reads every message
/// without knowing its type beforehand (which may come anywhere), and the type then picks what it needs. Unknown names are
/// skipped, null is the same as absent, a name that comes twice is an error: two programs that disagree about which of the two
/// counts would otherwise see different messages.
/// </summary>
internal struct MessageFields
{
    private const int MaxNameBytes = 128;
    private const int MaxLanguageBytes = LanguageTag.MaxLength;
    private const int MaxTextBytes = 1 << 16;
    private const int MaxWords = 2048;
    private const int MaxWordBytes = 256;

    private string? _type;
    private string? _clientId;
    private string? _text;
    private string? _language;
    private string? _stage;
    private string? _code;
    private string? _message;
    private long? _seq;
    private int? _segment;
    private int? _revision;
    private int? _sampleRate;
    private double? _committed;
    private double? _until;
    private double? _start;
    private double? _end;
    private double? _confidence;
    private List<Word>? _words;
    private List<string>? _translations;
    private string? _model;

    private string? _missing;

    public static MessageFields Read<TReader>(ref TReader reader)
        where TReader : IMapReader, allows ref struct
    {
        var fields = new MessageFields();
        var map = reader.BeginMap();
        while (reader.NextField(ref map, out var name))
        {
            if (reader.TryReadNull())
                continue;
            if (name.SequenceEqual("type"u8))
                Set(ref fields._type, name, reader.ReadText(MaxNameBytes), ref reader);
            else if (name.SequenceEqual("client_id"u8))
                Set(ref fields._clientId, name, ReadClientId(ref reader), ref reader);
            else if (name.SequenceEqual("seq"u8))
                Set(ref fields._seq, name, ReadCount(ref reader, name, long.MaxValue), ref reader);
            else if (name.SequenceEqual("segment"u8))
                Set(ref fields._segment, name, (int?)ReadCount(ref reader, name, int.MaxValue), ref reader);
            else if (name.SequenceEqual("revision"u8))
                Set(ref fields._revision, name, (int?)ReadCount(ref reader, name, int.MaxValue), ref reader);
            else if (name.SequenceEqual("sample_rate"u8))
                Set(ref fields._sampleRate, name, (int?)ReadCount(ref reader, name, int.MaxValue), ref reader);
            else if (name.SequenceEqual("committed"u8))
                Set(ref fields._committed, name, ReadTime(ref reader, name), ref reader);
            else if (name.SequenceEqual("until"u8))
                Set(ref fields._until, name, ReadTime(ref reader, name), ref reader);
            else if (name.SequenceEqual("start"u8))
                Set(ref fields._start, name, ReadTime(ref reader, name), ref reader);
            else if (name.SequenceEqual("end"u8))
                Set(ref fields._end, name, ReadTime(ref reader, name), ref reader);
            else if (name.SequenceEqual("text"u8))
                Set(ref fields._text, name, reader.ReadText(MaxTextBytes), ref reader);
            else if (name.SequenceEqual("language"u8))
                Set(ref fields._language, name, reader.ReadText(MaxLanguageBytes), ref reader);
            else if (name.SequenceEqual("confidence"u8))
                Set(ref fields._confidence, name, ReadProbability(ref reader, name), ref reader);
            else if (name.SequenceEqual("words"u8))
                Set(ref fields._words, name, ReadWords(ref reader), ref reader);
            else if (name.SequenceEqual("translations"u8))
                Set(ref fields._translations, name, ReadLanguages(ref reader), ref reader);
            else if (name.SequenceEqual("model"u8))
                Set(ref fields._model, name, reader.ReadText(MaxNameBytes), ref reader);
            else if (name.SequenceEqual("stage"u8))
                Set(ref fields._stage, name, reader.ReadText(MaxNameBytes), ref reader);
            else if (name.SequenceEqual("code"u8))
                Set(ref fields._code, name, reader.ReadText(MaxNameBytes), ref reader);
            else if (name.SequenceEqual("message"u8))
                Set(ref fields._message, name, reader.ReadText(MaxTextBytes), ref reader);
            else
                reader.Skip();
        }
        return fields;
    }

    /// <summary>The message these fields make, or null and what is wrong with them.</summary>
    public ServerMessage? ToMessage(out string? problem)
    {
        ServerMessage? message = _type switch
        {
            "ready" => new Ready(Need(_clientId, "client_id"), Need(_sampleRate, "sample_rate"), Need(_committed, "committed")),
            "speech_started" => new SpeechStarted(Need(_segment, "segment"), Need(_start, "start")),
            "committed" => new Committed(Need(_until, "until")),
            "partial" => new Partial(Need(_segment, "segment"), Need(_revision, "revision"), Need(_text, "text")),
            "transcript" => new Transcript(
                _seq ?? 0,
                Need(_segment, "segment"),
                Need(_start, "start"),
                Need(_end, "end"),
                Need(_text, "text"),
                Need(_language, "language"),
                Need(_confidence, "confidence"),
                _words,
                _translations),
            "translation" =>
                new Translation(_seq ?? 0, Need(_segment, "segment"), Need(_language, "language"), Need(_text, "text"), _model),
            "failed" => new Failed(
                _seq ?? 0, Need(_segment, "segment"), Need(_stage, "stage"), Need(_code, "code"), Need(_message, "message"), _language),
            "warning" => new Warning(Need(_code, "code"), Need(_message, "message")),
            "done" => new Done(),
            "pong" => new Pong(),
            _ => null,
        };
        problem = this switch
        {
            { _type: null } => "the field 'type' is missing",
            _ when message is null => $"unknown message type '{_type}'",
            { _missing: not null } => $"the field '{_missing}' is missing in '{_type}'",
            _ when _start > _end => "'end' lies before 'start'",
            _ => null,
        };
        return problem is null ? message : null;
    }

    private string Need(string? value, string name)
    {
        if (value is null)
            _missing ??= name;
        return value ?? "";
    }

    private T Need<T>(T? value, string name)
        where T : struct
    {
        if (value is null)
            _missing ??= name;
        return value.GetValueOrDefault();
    }

    private static void Set<T, TReader>(scoped ref T field, scoped ReadOnlySpan<byte> name, T value, ref TReader reader)
        where TReader : IMapReader, allows ref struct
    {
        if (field is not null)
            throw reader.Error($"the field '{Encoding.UTF8.GetString(name)}' comes twice");
        field = value;
    }

    private static string ReadClientId<TReader>(ref TReader reader)
        where TReader : IMapReader, allows ref struct
    {
        var id = reader.ReadText(ClientId.MaxLength);
        return ClientId.IsValid(id) ? id : throw reader.Error($"'client_id' must be {ClientId.Rule}");
    }

    private static long ReadCount<TReader>(ref TReader reader, scoped ReadOnlySpan<byte> name, long max)
        where TReader : IMapReader, allows ref struct
    {
        var value = reader.ReadInteger();
        return value >= 0 && value <= max
            ? value : throw reader.Error($"'{Encoding.UTF8.GetString(name)}' is {value}, allowed are 0..{max}");
    }

    private static double ReadTime<TReader>(ref TReader reader, scoped ReadOnlySpan<byte> name)
        where TReader : IMapReader, allows ref struct
    {
        var value = reader.ReadNumber();
        return value >= 0 ? value : throw reader.Error($"'{Encoding.UTF8.GetString(name)}' is {value}, a time cannot be negative");
    }

    private static double ReadProbability<TReader>(ref TReader reader, scoped ReadOnlySpan<byte> name)
        where TReader : IMapReader, allows ref struct
    {
        var value = reader.ReadNumber();
        return value is >= 0 and <= 1 ? value : throw reader.Error($"'{Encoding.UTF8.GetString(name)}' is {value}, allowed are 0..1");
    }

    private static List<string> ReadLanguages<TReader>(ref TReader reader)
        where TReader : IMapReader, allows ref struct
    {
        var languages = new List<string>();
        var array = reader.BeginArray(AudioJob.MaxTranslations);
        while (reader.NextElement(ref array))
            languages.Add(reader.ReadText(MaxLanguageBytes));
        return languages;
    }

    private static List<Word> ReadWords<TReader>(ref TReader reader)
        where TReader : IMapReader, allows ref struct
    {
        var words = new List<Word>();
        var array = reader.BeginArray(MaxWords);
        while (reader.NextElement(ref array))
        {
            string? text = null;
            double? start = null, end = null, probability = null;
            var map = reader.BeginMap();
            while (reader.NextField(ref map, out var name))
            {
                if (name.SequenceEqual("word"u8))
                    Set(ref text, name, reader.ReadText(MaxWordBytes), ref reader);
                else if (name.SequenceEqual("start"u8))
                    Set(ref start, name, ReadTime(ref reader, name), ref reader);
                else if (name.SequenceEqual("end"u8))
                    Set(ref end, name, ReadTime(ref reader, name), ref reader);
                else if (name.SequenceEqual("probability"u8))
                    Set(ref probability, name, ReadProbability(ref reader, name), ref reader);
                else
                    reader.Skip();
            }
            if (text is null || start is null || end is null || probability is null)
                throw reader.Error("a word needs 'word', 'start', 'end' and 'probability'");
            words.Add(new Word(text, start.Value, end.Value, probability.Value));
        }
        return words;
    }
}
