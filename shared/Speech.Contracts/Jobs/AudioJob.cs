using System.Buffers;
using System.Globalization;
using System.Text;
using MessagePack;
using Speech.Contracts.Client;
using Speech.Contracts.Languages;
using Speech.Contracts.MessagePack;
using Speech.Contracts.Sessions;

namespace Speech.Contracts.Jobs;

// On the wire a map; every field is checked on reading and on writing:
//
//   client_id    string   1..128 of [A-Za-z0-9_.:-]         translate    array    of up to 8 language codes; absent: none
//   segment      integer  from 0                            words        boolean  word times wanted; absent: false
//   kind         string   "final" | "interim"               trace_id     string   1..64 bytes; absent: none
//   revision     integer  of an interim, from 0; absent: 0  created_at   integer  milliseconds since 1970
//   start, end   number   seconds of the client's audio     sample_rate  integer  16000
//   language     string   a Whisper code; absent: detect    codec        string   "pcm_s16le"
//   prompt       string   1..1000 bytes; absent: none       audio        binary   one channel, up to 30 s

/// <summary>A segment of speech to be transcribed: an entry's field <c>job</c> on <c>audio_jobs</c>.</summary>
public sealed class AudioJob
{
    public const int SampleRate = 16000;
    public const string Codec = "pcm_s16le";
    public const int MaxAudioSeconds = 30;
    public const int MaxAudioBytes = MaxAudioSeconds * SampleRate * sizeof(short);
    public const int MaxTranslations = 8;

    /// <summary>Longer jobs are refused: the audio and room for the rest.</summary>
    public const int MaxBytes = MaxAudioBytes + 8192;

    internal const int MaxTraceIdBytes = 64;

    public required string ClientId { get; init; }

    /// <summary>Number of the segment in the client's audio, from 0.</summary>
    public required int Segment { get; init; }

    public required AudioJobKind Kind { get; init; }

    /// <summary>Of an interim job: from 0, growing with the segment.</summary>
    public int Revision { get; init; }

    /// <summary>Seconds from the start of the client's audio.</summary>
    public required double Start { get; init; }

    /// <summary>Seconds from the start of the client's audio.</summary>
    public required double End { get; init; }

    /// <summary>A code of <see cref="WhisperLanguages"/>; null: to be detected.</summary>
    public string? Language { get; init; }

    /// <summary>As <see cref="Contracts.Sessions.Prompt"/> allows; null: none.</summary>
    public string? Prompt { get; init; }

    /// <summary>Codes of <see cref="TranslationLanguages"/>.</summary>
    public IReadOnlyList<string> Translate { get; init; } = [];

    /// <summary>Whether the client wants the times of the words.</summary>
    public bool Words { get; init; }

    /// <summary>Joins the job's log lines and spans across processes.</summary>
    public string? TraceId { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>16 kHz, one channel, 16-bit little-endian; 1 sample to 30 s. After reading, a part of the bytes that were read.</summary>
    public required ReadOnlyMemory<byte> Audio { get; init; }

    public int DurationMs => Audio.Length * 1000 / (SampleRate * sizeof(short));

    /// <exception cref="ArgumentException">A field is out of its bounds.</exception>
    public void Write(IBufferWriter<byte> output)
    {
        if (Problem() is { } problem)
            throw new ArgumentException($"This audio job cannot be written: {problem}.");
        var writer = new MessagePackWriter(output);
        writer.WriteMapHeader(
            11 + (Language is null ? 0 : 1) + (Prompt is null ? 0 : 1) + (Translate.Count == 0 ? 0 : 1) + (TraceId is null ? 0 : 1));
        writer.WriteString("client_id"u8);
        writer.Write(ClientId);
        writer.WriteString("segment"u8);
        writer.Write(Segment);
        writer.WriteString("kind"u8);
        writer.Write(Kind.ToWireName());
        writer.WriteString("revision"u8);
        writer.Write(Revision);
        writer.WriteString("start"u8);
        writer.Write(Start);
        writer.WriteString("end"u8);
        writer.Write(End);
        if (Language is not null)
        {
            writer.WriteString("language"u8);
            writer.Write(Language);
        }
        if (Prompt is not null)
        {
            writer.WriteString("prompt"u8);
            writer.Write(Prompt);
        }
        if (Translate.Count != 0)
        {
            writer.WriteString("translate"u8);
            writer.WriteArrayHeader(Translate.Count);
            foreach (var code in Translate)
                writer.Write(code);
        }
        writer.WriteString("words"u8);
        writer.Write(Words);
        if (TraceId is not null)
        {
            writer.WriteString("trace_id"u8);
            writer.Write(TraceId);
        }
        writer.WriteString("created_at"u8);
        writer.Write(CreatedAt.ToUnixTimeMilliseconds());
        writer.WriteString("sample_rate"u8);
        writer.Write(SampleRate);
        writer.WriteString("codec"u8);
        writer.Write(Codec);
        writer.WriteString("audio"u8);
        writer.Write(Audio.Span);
        writer.Flush();
    }

    public byte[] ToArray()
    {
        var output = new ArrayBufferWriter<byte>(Audio.Length + 2048);
        Write(output);
        return output.WrittenSpan.ToArray();
    }

    /// <param name="bytes">Must live and stay unchanged as long as the job: its audio is a part of them.</param>
    /// <exception cref="MalformedMessageException">Not a job, or a field is out of its bounds.</exception>
    public static AudioJob Read(ReadOnlyMemory<byte> bytes)
    {
        var reader = new CheckedReader(bytes, MaxBytes);
        string? clientId = null, kind = null, language = null, prompt = null, traceId = null, codec = null;
        string[]? translate = null;
        int? segment = null, revision = null, sampleRate = null;
        long? createdAt = null;
        double? start = null, end = null;
        bool? words = null;
        ReadOnlyMemory<byte>? audio = null;

        for (var fields = reader.ReadMapHeader(maxCount: 64); fields > 0; fields--)
        {
            var name = reader.ReadUtf8(maxBytes: 64);
            if (reader.TryReadNil())
                continue;
            if (name.SequenceEqual("client_id"u8))
                Once(ref clientId, "client_id", reader.Offset) = reader.ReadString(Contracts.Sessions.ClientId.MaxLength);
            else if (name.SequenceEqual("segment"u8))
                Once(ref segment, "segment", reader.Offset) = reader.ReadInt32();
            else if (name.SequenceEqual("kind"u8))
                Once(ref kind, "kind", reader.Offset) = reader.ReadString(maxBytes: 16);
            else if (name.SequenceEqual("revision"u8))
                Once(ref revision, "revision", reader.Offset) = reader.ReadInt32();
            else if (name.SequenceEqual("start"u8))
                Once(ref start, "start", reader.Offset) = reader.ReadDouble();
            else if (name.SequenceEqual("end"u8))
                Once(ref end, "end", reader.Offset) = reader.ReadDouble();
            else if (name.SequenceEqual("language"u8))
                Once(ref language, "language", reader.Offset) = reader.ReadString(maxBytes: 16);
            else if (name.SequenceEqual("prompt"u8))
                Once(ref prompt, "prompt", reader.Offset) = reader.ReadString(Contracts.Sessions.Prompt.MaxBytes);
            else if (name.SequenceEqual("translate"u8))
                Once(ref translate, "translate", reader.Offset) = ReadCodes(ref reader);
            else if (name.SequenceEqual("words"u8))
                Once(ref words, "words", reader.Offset) = reader.ReadBoolean();
            else if (name.SequenceEqual("trace_id"u8))
                Once(ref traceId, "trace_id", reader.Offset) = reader.ReadString(MaxTraceIdBytes);
            else if (name.SequenceEqual("created_at"u8))
                Once(ref createdAt, "created_at", reader.Offset) = reader.ReadInt64();
            else if (name.SequenceEqual("sample_rate"u8))
                Once(ref sampleRate, "sample_rate", reader.Offset) = reader.ReadInt32();
            else if (name.SequenceEqual("codec"u8))
                Once(ref codec, "codec", reader.Offset) = reader.ReadString(maxBytes: 32);
            else if (name.SequenceEqual("audio"u8))
            {
                ref var field = ref Once(ref audio, "audio", reader.Offset);
                var length = reader.ReadBinary(MaxAudioBytes).Length;
                field = bytes.Slice(reader.Offset - length, length);
            }
            else
                reader.Skip();
        }
        reader.ReadEnd();

        var problem = sampleRate is not null and not SampleRate ? $"'sample_rate' is {sampleRate}, allowed is {SampleRate}"
            : codec is not null and not Codec ? $"'codec' is '{codec}', allowed is '{Codec}'"
            : kind is not (null or "final" or "interim") ? $"'kind' is '{kind}', allowed are 'final' and 'interim'"
            : createdAt < 0 || createdAt > DateTimeOffset.MaxValue.ToUnixTimeMilliseconds() ? $"'created_at' is {createdAt}, no time"
            : null;
        if (problem is not null)
            throw new MalformedMessageException(problem, reader.Offset);
        var job = new AudioJob
        {
            ClientId = clientId ?? throw Missing("client_id", reader.Offset),
            Segment = segment ?? throw Missing("segment", reader.Offset),
            Kind = (kind ?? throw Missing("kind", reader.Offset)) == "final" ? AudioJobKind.Final : AudioJobKind.Interim,
            Revision = revision ?? 0,
            Start = start ?? throw Missing("start", reader.Offset),
            End = end ?? throw Missing("end", reader.Offset),
            Language = language,
            Prompt = prompt,
            Translate = translate ?? [],
            Words = words ?? false,
            TraceId = traceId,
            CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(createdAt ?? throw Missing("created_at", reader.Offset)),
            Audio = audio ?? throw Missing("audio", reader.Offset),
        };
        _ = sampleRate ?? throw Missing("sample_rate", reader.Offset);
        _ = codec ?? throw Missing("codec", reader.Offset);
        return job.Problem() is { } reason ? throw new MalformedMessageException(reason, reader.Offset) : job;
    }

    /// <summary>What is wrong with the fields, if anything.</summary>
    private string? Problem() =>
        !Contracts.Sessions.ClientId.IsValid(ClientId) ? $"'client_id' must be {Contracts.Sessions.ClientId.Rule}"
        : Segment < 0 ? $"'segment' is {Segment}, it starts at 0"
        : Revision < 0 ? $"'revision' is {Revision}, it starts at 0"
        : !double.IsFinite(Start) || Start < 0 ? string.Create(CultureInfo.InvariantCulture, $"'start' is {Start}, no time")
        : !double.IsFinite(End) || End < Start ? string.Create(CultureInfo.InvariantCulture, $"'end' is {End}, 'start' is {Start}")
        : Language is not null && !WhisperLanguages.IsKnown(Language) ? $"'language' is '{Language}', no code of Whisper's"
        : Prompt is not null && !Contracts.Sessions.Prompt.IsValid(Prompt) ? $"'prompt' must be {Contracts.Sessions.Prompt.Rule}"
        : Translate.Count > MaxTranslations ? $"'translate' has {Translate.Count} languages, allowed are {MaxTranslations}"
        : Translate.FirstOrDefault(code => !TranslationLanguages.IsKnown(code)) is { } code ? $"'translate' has '{code}', no known code"
        : TraceId is not null && Encoding.UTF8.GetByteCount(TraceId) is 0 or > MaxTraceIdBytes
            ? $"'trace_id' must be 1..{MaxTraceIdBytes} bytes"
        : Audio.Length is 0 or > MaxAudioBytes || Audio.Length % sizeof(short) != 0
            ? $"'audio' has {Audio.Length} bytes, allowed are whole samples of 2 bytes up to {MaxAudioBytes}"
        : null;

    private static string[] ReadCodes(ref CheckedReader reader)
    {
        var codes = new string[reader.ReadArrayHeader(MaxTranslations)];
        for (var i = 0; i < codes.Length; i++)
            codes[i] = reader.ReadString(maxBytes: LanguageTag.MaxLength);
        return codes;
    }

    private static ref T Once<T>(ref T field, string name, int offset)
    {
        if (field is not null)
            throw new MalformedMessageException($"the field '{name}' comes twice", offset);
        return ref field;
    }

    private static MalformedMessageException Missing(string name, int offset) => new($"the field '{name}' is missing", offset);
}
