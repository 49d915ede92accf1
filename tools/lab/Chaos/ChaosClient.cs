using Speech.Audio;
using Speech.Client;
using Speech.Contracts;
using Speech.Contracts.Server;
using Speech.Contracts.Sessions;
using Speech.Lab.Speakers;

namespace Speech.Lab.Chaos;

/// <summary>
/// A client that says the same again and again, each time under a new <c>client_id</c>, and holds what it hears against what it heard when
/// it was left in peace. Its audio travels as PCM: a lossy codec's decoder, begun anew, gives other samples for a moment.
/// </summary>
internal sealed class ChaosClient(int number, SpeakerScript script, IDeployment deployment, TimeProvider clock)
{
    /// <summary>By so much the two ends of a connection may disagree on how long it has been lost.</summary>
    private static readonly TimeSpan AbsenceMargin = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(1.5);

    private readonly string[] _translate = deployment.Translates ? ["fr"] : [];

    private volatile ResumingClient? _talking;
    private bool _wasAwayTooLong;
    private IReadOnlyList<FinalResult> _undisturbed = [];

    /// <summary>What was said and heard in whole.</summary>
    public int Talks { get; private set; }

    /// <summary>
    /// Those of them in which it was away for longer than it is waited for: what it was saying may have been cut, and heard otherwise,
    /// then.
    /// </summary>
    public int CutTalks { get; private set; }

    public int Segments { get; private set; }

    public int Returns { get; private set; }

    /// <summary>What was heard other than undisturbed.</summary>
    public List<string> Problems { get; } = [];

    public void CutOff() => _talking?.CutOff();

    /// <summary>Says it once in peace, as fast as it is taken.</summary>
    public async Task RehearseAsync(CancellationToken cancellationToken)
    {
        _undisturbed = await TalkAsync(speed: null, cancellationToken);
        if ((Wrong(_undisturbed) ?? Failure(_undisturbed) ?? (_undisturbed.Count == 0 ? "nothing was heard" : null)) is { } problem)
            Problems.Add($"client {number}, undisturbed: {problem}");
    }

    /// <summary>Says it until the end, at the speed of speech, and finishes what it has begun by then.</summary>
    public async Task RunAsync(CancellationToken end, CancellationToken cancellationToken)
    {
        while (!end.IsCancellationRequested)
        {
            try
            {
                var heard = await TalkAsync(speed: 1, cancellationToken);
                Talks++;
                Segments += heard.OfType<Transcript>().Count();
                if (_wasAwayTooLong)
                    CutTalks++;
                if ((Wrong(heard) ?? (_wasAwayTooLong ? Failure(heard) : Difference(heard))) is { } problem)
                    Problems.Add($"client {number}, talk {Talks}: {problem}");
            }
            catch (Exception e) when (e is SpeechClientException or MalformedMessageException)
            {
                Problems.Add($"client {number}, talk {Talks + 1}: {e.Message}");
            }
        }
    }

    private async Task<IReadOnlyList<FinalResult>> TalkAsync(double? speed, CancellationToken cancellationToken)
    {
        var session = new SessionParameters
        {
            ClientId = ClientId.Create(),
            Codec = AudioCodec.PcmS16Le,
            SampleRate = AudioRate.Model,
            Translate = _translate,
            Format = number % 2 == 0 ? MessageFormat.Json : MessageFormat.MessagePack,
        };
        var all = deployment.Gateways;
        var client = new ResumingClient([.. all.Skip(number % all.Count), .. all.Take(number % all.Count)], session, clock)
        {
            Speed = speed,
            Patience = TimeSpan.FromMinutes(2),
            FirstPatience = TimeSpan.FromMinutes(1),
            Configure = options => options with { KeepAliveInterval = KeepAlive },
        };
        _talking = client;
        var results = new List<FinalResult>();
        try
        {
            await foreach (var message in client.TranscribeAsync(script.Samples, cancellationToken))
            {
                if (message is FinalResult result)
                    results.Add(result);
            }
            return results;
        }
        finally
        {
            _talking = null;
            Returns += client.Returns;
            _wasAwayTooLong = client.LongestAbsence > deployment.ResumePatience - AbsenceMargin;
        }
    }

    /// <summary>A number missing, doubled or out of order.</summary>
    private static string? Wrong(IReadOnlyList<FinalResult> results)
    {
        for (var i = 0; i < results.Count; i++)
        {
            if (results[i].Seq != i + 1)
                return $"result {i + 1} has seq {results[i].Seq}";
        }
        var segments = results.Where(result => result is Transcript or Failed { Stage: Failed.Transcribing })
            .Select(result => result.Segment).ToArray();
        return segments.SequenceEqual(Enumerable.Range(0, segments.Length)) ? null : $"segments {string.Join(' ', segments)}";
    }

    /// <summary>The first of which the server says that it failed.</summary>
    private static string? Failure(IReadOnlyList<FinalResult> heard) =>
        heard.OfType<Failed>().FirstOrDefault() is { } failed ? Describe(failed) : null;

    /// <summary>The first transcript or translation that is not as it was when nothing happened; null when all are.</summary>
    private string? Difference(IReadOnlyList<FinalResult> heard)
    {
        // Translations may come before or after the next transcript; of one kind and language, all are in order.
        foreach (var (mine, theirs) in Kinds(_undisturbed).Zip(Kinds(heard)))
        {
            for (var i = 0; i < Math.Max(mine.Count, theirs.Count); i++)
            {
                var (expected, found) = (i < mine.Count ? mine[i] : null, i < theirs.Count ? theirs[i] : null);
                if (expected != found)
                    return $"expected {expected ?? "no more"}, heard {found ?? "no more"}";
            }
        }
        return null;
    }

    private IEnumerable<List<string>> Kinds(IReadOnlyList<FinalResult> results) =>
    [
        [.. results.Where(result => result is Transcript or Failed { Stage: Failed.Transcribing }).Select(Describe)],
        .. _translate.Select(language => results.Where(result => result is Translation translation && translation.Language == language)
            .Select(Describe).ToList()),
        [.. results.OfType<Failed>().Where(failed => failed.Stage != Failed.Transcribing).Select(Describe)],
    ];

    private static string Describe(FinalResult result) => result switch
    {
        Transcript transcript => FormattableString.Invariant(
            $"segment {transcript.Segment} ({transcript.Start:F3} to {transcript.End:F3} s) '{transcript.Text}'"),
        Translation translation => $"segment {translation.Segment} in {translation.Language} '{translation.Text}'",
        Failed failed => $"segment {failed.Segment} failed to {failed.Stage}: {failed.Code}",
        _ => result.Type,
    };
}
