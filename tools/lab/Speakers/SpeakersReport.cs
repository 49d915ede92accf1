using System.Text.Json;
using System.Text.Json.Serialization;
using Speech.Evaluation;
using Speech.Lab.Fleet;

namespace Speech.Lab.Speakers;

/// <summary>How it went when speakers talked to a server; as JSON it is what <c>--json</c> prints.</summary>
internal sealed record SpeakersReport
{
    /// <summary>One point: losses at the borders of segments would cost more.</summary>
    private const double AllowedAboveModel = 0.01;

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public required int Speakers { get; init; }

    public required int Utterances { get; init; }

    public required int Segments { get; init; }

    /// <summary>Audio of all speakers together.</summary>
    public required double AudioSeconds { get; init; }

    public required double WallSeconds { get; init; }

    /// <summary>Of each speaker's whole stream against all that was said in it.</summary>
    public required WordErrorRate Errors { get; init; }

    /// <summary>Of the model by itself, on the file of each utterance.</summary>
    public required WordErrorRate ModelErrors { get; init; }

    /// <summary>
    /// Of the streams against what the model makes of the files: what network, codec and segments changed, for better or worse.
    /// </summary>
    public required WordErrorRate DifferencesFromModel { get; init; }

    /// <summary>Milliseconds from the end of speech; null when the audio was not sent in real time.</summary>
    public LatencySummary? LatencyAfterSpeech { get; init; }

    /// <summary>Milliseconds from the segment's end, which lies a tail of silence after that of its speech.</summary>
    public LatencySummary? LatencyAfterSegment { get; init; }

    /// <summary>
    /// Milliseconds from the audio that completed the segment; null also when a server's silences are not those we reckon with.
    /// </summary>
    public LatencySummary? LatencyAfterDecision { get; init; }

    /// <summary>How many came; null when none were wanted.</summary>
    public int? Translations { get; init; }

    /// <summary>Milliseconds from a transcript to each of its translations; null also when the audio was not sent in real time.</summary>
    public LatencySummary? TranslationLatency { get; init; }

    /// <summary>Processor seconds of the STT workers for a second of audio; null when the server is not ours.</summary>
    public double? RealTimeFactor { get; init; }

    /// <summary>Processor seconds in a second, of all STT workers.</summary>
    public double? WorkerCores { get; init; }

    /// <summary>Processor seconds in a second, of all translation workers; null also when no translations were wanted.</summary>
    public double? TranslatorCores { get; init; }

    /// <summary>Processor seconds in a second, of all gateways.</summary>
    public double? GatewayCores { get; init; }

    public long? DeepestQueue { get; init; }

    public QueueState? QueueAtEnd { get; init; }

    /// <summary>All that was not well; empty: all is well.</summary>
    public required IReadOnlyList<string> Problems { get; init; }

    public bool Ok => Problems.Count == 0;

    public static SpeakersReport Of(
        IReadOnlyList<SpeakerSession> sessions,
        ModelReference model,
        bool realTime,
        TimeSpan wall,
        (FleetMonitor Monitor, QueueState Queue)? fleet,
        IEnumerable<string> problems)
    {
        var heard = sessions.SelectMany(session => session.Segments).ToArray();
        var said = sessions.SelectMany(session => session.Script.Utterances, (_, placed) => placed.Utterance).ToArray();
        var read = sessions.SelectMany(session => session.Translations).ToArray();
        var isTranslated = sessions.Any(session => session.WantsTranslations);
        var audioSeconds = sessions.Sum(session => session.Script.Seconds);
        var report = new SpeakersReport
        {
            Speakers = sessions.Count,
            Utterances = said.Length,
            Segments = heard.Length,
            AudioSeconds = audioSeconds,
            WallSeconds = wall.TotalSeconds,
            Errors = Sum(sessions, session => WordErrorRate.Of(session.Script.Text, session.Text)),
            ModelErrors = model.Errors(said),
            DifferencesFromModel = Sum(sessions, session => WordErrorRate.Of(
                string.Join(' ', session.Script.Utterances.Select(placed => model.TextOf(placed.Utterance))), session.Text)),
            LatencyAfterSpeech = realTime ? LatencySummary.Of([.. heard.Select(segment => segment.AfterSpeech)]) : null,
            LatencyAfterSegment = realTime ? LatencySummary.Of([.. heard.Select(segment => segment.AfterSegment)]) : null,
            LatencyAfterDecision = realTime ? LatencySummary.Of([.. heard.Select(segment => segment.AfterDecision)]) : null,
            Translations = isTranslated ? read.Length : null,
            TranslationLatency = realTime
                ? LatencySummary.Of([.. read.Select(translation => (TimeSpan?)translation.AfterTranscript)]) : null,
            RealTimeFactor = fleet?.Monitor.Cpu("stt-").TotalSeconds / audioSeconds,
            WorkerCores = fleet?.Monitor.Cpu("stt-") / wall,
            TranslatorCores = isTranslated ? fleet?.Monitor.Cpu("translation-") / wall : null,
            GatewayCores = fleet?.Monitor.Cpu("gateway-") / wall,
            DeepestQueue = fleet?.Monitor.DeepestQueue,
            QueueAtEnd = fleet?.Queue,
            Problems = [],
        };
        return report with { Problems = [.. problems, .. report.Judge(sessions)] };
    }

    public string ToJson() => JsonSerializer.Serialize(this, Json);

    private IEnumerable<string> Judge(IReadOnlyList<SpeakerSession> sessions)
    {
        foreach (var session in sessions)
        {
            foreach (var failed in session.Failures)
                yield return $"speaker {session.Script.Name}: segment {failed.Segment}{(failed.Language is null ? "" : $" into {failed.Language}")} failed: {failed.Message} ({failed.Code})";
            foreach (var (segment, language) in session.Untranslated())
                yield return $"speaker {session.Script.Name}: segment {segment} was not translated into {language}";
            foreach (var unheard in session.Unheard())
                yield return $"speaker {session.Script.Name}: nothing was heard of {unheard.Utterance.Id} ({unheard.Utterance.Text})";
        }

        if (Errors.Rate > ModelErrors.Rate + AllowedAboveModel)
            yield return $"the word error rate is more than {100 * AllowedAboveModel:F0} point above the model's own";
        if (QueueAtEnd is { IsEmpty: false } queue)
            yield return $"the queue is not empty: {queue}";
    }

    private static WordErrorRate Sum(IEnumerable<SpeakerSession> sessions, Func<SpeakerSession, WordErrorRate> errors) =>
        sessions.Aggregate(default(WordErrorRate), (sum, session) => sum + errors(session));
}
