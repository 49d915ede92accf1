using System.Buffers;
using System.Text;
using Speech.Contracts.Client;
using Speech.Contracts.Languages;
using Speech.Contracts.Maps;
using Speech.Contracts.MessagePack;
using Speech.Contracts.Sessions;

namespace Speech.Contracts.Jobs;

// On the wire a map; every field is checked on reading and on writing:
//
//   client_id        string   1..128 of [A-Za-z0-9_.:-]      text        string   up to 65536 bytes
//   segment          integer  from 0                         trace_id    string   1..64 bytes; absent: none
//   source_language  string   the transcript's: a code of    created_at  integer  milliseconds since 1970
//   language         string   TranslationLanguages

/// <summary>A transcript to be translated into one language: an entry's field <c>job</c> on <c>translation_jobs</c>.</summary>
public sealed record TranslationJob
{
    public const int MaxTextBytes = 1 << 16;

    /// <summary>Longer jobs are refused: the text and room for the rest.</summary>
    public const int MaxBytes = MaxTextBytes + 4096;

    private const int MaxCodeBytes = LanguageTag.MaxLength;

    public required string ClientId { get; init; }

    /// <summary>Number of the segment in the client's audio, from 0.</summary>
    public required int Segment { get; init; }

    public required string Text { get; init; }

    /// <summary>What the text is in: a code of <see cref="TranslationLanguages"/>.</summary>
    public required string SourceLanguage { get; init; }

    /// <summary>What is wanted: a code of <see cref="TranslationLanguages"/>, as the client wrote it.</summary>
    public required string Language { get; init; }

    /// <summary>Joins the job's log lines and spans across processes.</summary>
    public string? TraceId { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <exception cref="ArgumentException">A field is out of its bounds.</exception>
    public byte[] ToArray()
    {
        if (Problem() is { } problem)
            throw new ArgumentException($"This translation job cannot be written: {problem}.");
        var output = new ArrayBufferWriter<byte>();
        var writer = new MessagePackMapWriter(output);
        writer.BeginMap(TraceId is null ? 6 : 7);
        writer.Text("client_id"u8, ClientId);
        writer.Integer("segment"u8, Segment);
        writer.Text("text"u8, Text);
        writer.Text("source_language"u8, SourceLanguage);
        writer.Text("language"u8, Language);
        if (TraceId is not null)
            writer.Text("trace_id"u8, TraceId);
        writer.Integer("created_at"u8, CreatedAt.ToUnixTimeMilliseconds());
        writer.EndMap();
        writer.Flush();
        return output.WrittenSpan.ToArray();
    }

    /// <exception cref="MalformedMessageException">Not a job, or a field is out of its bounds.</exception>
    public static TranslationJob Read(ReadOnlyMemory<byte> bytes)
    {
        var reader = new MessagePackMapReader(new CheckedReader(bytes, MaxBytes));
        string? clientId = null, text = null, sourceLanguage = null, language = null, traceId = null;
        long? segment = null, createdAt = null;

        var map = reader.BeginMap();
        while (reader.NextField(ref map, out var name))
        {
            if (reader.TryReadNull())
                continue;
            if (name.SequenceEqual("client_id"u8))
                Once(ref clientId, "client_id", ref reader) = reader.ReadText(Contracts.Sessions.ClientId.MaxLength);
            else if (name.SequenceEqual("segment"u8))
                Once(ref segment, "segment", ref reader) = reader.ReadInteger();
            else if (name.SequenceEqual("text"u8))
                Once(ref text, "text", ref reader) = reader.ReadText(MaxTextBytes);
            else if (name.SequenceEqual("source_language"u8))
                Once(ref sourceLanguage, "source_language", ref reader) = reader.ReadText(MaxCodeBytes);
            else if (name.SequenceEqual("language"u8))
                Once(ref language, "language", ref reader) = reader.ReadText(MaxCodeBytes);
            else if (name.SequenceEqual("trace_id"u8))
                Once(ref traceId, "trace_id", ref reader) = reader.ReadText(AudioJob.MaxTraceIdBytes);
            else if (name.SequenceEqual("created_at"u8))
                Once(ref createdAt, "created_at", ref reader) = reader.ReadInteger();
            else
                reader.Skip();
        }
        reader.ReadEnd();

        if (segment is < 0 or > int.MaxValue)
            throw reader.Error($"'segment' is {segment}, allowed are 0..{int.MaxValue}");
        if (createdAt < 0 || createdAt > DateTimeOffset.MaxValue.ToUnixTimeMilliseconds())
            throw reader.Error($"'created_at' is {createdAt}, no time");
        var job = new TranslationJob
        {
            ClientId = clientId ?? throw reader.Error("the field 'client_id' is missing"),
            Segment = (int)(segment ?? throw reader.Error("the field 'segment' is missing")),
            Text = text ?? throw reader.Error("the field 'text' is missing"),
            SourceLanguage = sourceLanguage ?? throw reader.Error("the field 'source_language' is missing"),
            Language = language ?? throw reader.Error("the field 'language' is missing"),
            TraceId = traceId,
            CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(createdAt ?? throw reader.Error("the field 'created_at' is missing")),
        };
        return job.Problem() is { } problem ? throw reader.Error(problem) : job;
    }

    /// <summary>What is wrong with the fields, if anything.</summary>
    private string? Problem() =>
        !Contracts.Sessions.ClientId.IsValid(ClientId) ? $"'client_id' must be {Contracts.Sessions.ClientId.Rule}"
        : Segment < 0 ? $"'segment' is {Segment}, it starts at 0"
        : Encoding.UTF8.GetByteCount(Text) > MaxTextBytes ? $"'text' has more than {MaxTextBytes} bytes"
        : !TranslationLanguages.IsKnown(SourceLanguage) ? $"'source_language' is '{SourceLanguage}', no known code"
        : !TranslationLanguages.IsKnown(Language) ? $"'language' is '{Language}', no known code"
        : TraceId is not null && Encoding.UTF8.GetByteCount(TraceId) is 0 or > AudioJob.MaxTraceIdBytes
            ? $"'trace_id' must be 1..{AudioJob.MaxTraceIdBytes} bytes"
        : null;

    private static ref T Once<T>(ref T field, string name, ref MessagePackMapReader reader)
    {
        if (field is not null)
            throw reader.Error($"the field '{name}' comes twice");
        return ref field;
    }
}
