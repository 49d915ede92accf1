using Speech.Client;
using Speech.Contracts.Server;
using Speech.Contracts.Sessions;

namespace Speech.Lab.Speakers;

/// <summary>A transcript as it arrived, and how long after some audio was sent; null: before it was.</summary>
/// <param name="AfterSpeech">From when the end of its speech was sent.</param>
/// <param name="AfterSegment">From when the segment's end (speech and a tail of silence) was sent.</param>
/// <param name="AfterDecision">From when the audio was sent that completed the segment for the gateway.</param>
internal sealed record HeardSegment(Transcript Transcript, TimeSpan? AfterSpeech, TimeSpan? AfterSegment, TimeSpan? AfterDecision);

/// <summary>A translation as it arrived.</summary>
/// <param name="Of">Its transcript.</param>
/// <param name="AfterTranscript">From when that had arrived.</param>
internal sealed record ReadTranslation(Translation Translation, Transcript Of, TimeSpan AfterTranscript);

/// <summary>One speaker on one connection: streams a script and collects what comes back.</summary>
/// <param name="translate">Languages that the speaker wants to read, too.</param>
/// <param name="preparing">Ends the encoding of the script, which takes seconds.</param>
internal sealed class SpeakerSession(
    SpeakerScript script, SegmentTiming timing, IReadOnlyList<string> translate, TimeProvider clock, CancellationToken preparing)
{
    private static readonly SessionParameters Template = new() { ClientId = ClientId.Create(), Format = MessageFormat.MessagePack };

    private readonly List<HeardSegment> _segments = [];
    private readonly List<ReadTranslation> _translations = [];
    private readonly List<Failed> _failures = [];
    private readonly Dictionary<int, long> _transcribedAt = [];

    // Encoded beforehand: a bench of many speakers is to load the server, not itself.
    private readonly ReadOnlyMemory<byte>[] _packets = Encode(script.Samples, preparing);

    public SpeakerScript Script => script;

    public IReadOnlyList<HeardSegment> Segments => _segments;

    public IReadOnlyList<ReadTranslation> Translations => _translations;

    public IReadOnlyList<Failed> Failures => _failures;

    public bool WantsTranslations => translate.Count > 0;

    /// <summary>Transcripts and languages for which neither a translation came nor a failure.</summary>
    public IEnumerable<(int Segment, string Language)> Untranslated() =>
        _segments.SelectMany(heard => heard.Transcript.Translations ?? [], (heard, language) => (heard.Transcript.Segment, language))
            .Except(_translations.Select(read => (read.Translation.Segment, read.Translation.Language)))
            .Except(_failures.Select(failed => (failed.Segment, failed.Language ?? "")));

    /// <summary>All that was heard, in order.</summary>
    public string Text => string.Join(' ', _segments.Select(heard => heard.Transcript.Text.Trim()));

    /// <summary>Utterances during which no segment with any words was heard.</summary>
    public IEnumerable<PlacedUtterance> Unheard() => script.Utterances.Where(utterance => !_segments.Exists(heard =>
        heard.Transcript.Text.AsSpan().Trim().Length > 0 && heard.Transcript.Start < utterance.End
            && heard.Transcript.End > utterance.Start));

    /// <param name="onHeard">Called for each transcript as it arrives.</param>
    /// <param name="onRead">Called for each translation as it arrives.</param>
    public async Task RunAsync(
        Uri url, bool realTime, Action<HeardSegment>? onHeard, Action<ReadTranslation>? onRead, CancellationToken cancellationToken)
    {
        var options =
            new SpeechClientOptions { Url = url, Session = Template with { ClientId = ClientId.Create(), Translate = translate } };
        await using var client = await SpeechClient.ConnectAsync(options, clock, cancellationToken);
        var sent = new SentAudio(clock);
        await foreach (var message in client.TranscribeAsync(_packets, realTime, sent, cancellationToken))
        {
            var now = clock.GetTimestamp();
            switch (message)
            {
                case Transcript transcript:
                    var heard = new HeardSegment(
                        transcript,
                        sent.Since(timing.SpeechEnd(transcript.End), now),
                        sent.Since(transcript.End, now),
                        sent.Since(timing.Decided(transcript.End, script.Seconds), now));
                    _segments.Add(heard);
                    _transcribedAt[transcript.Segment] = now;
                    onHeard?.Invoke(heard);
                    break;
                case Translation translation when _transcribedAt.TryGetValue(translation.Segment, out var transcribed):
                    var of = _segments.First(heard => heard.Transcript.Segment == translation.Segment).Transcript;
                    var read = new ReadTranslation(translation, of, clock.GetElapsedTime(transcribed, now));
                    _translations.Add(read);
                    onRead?.Invoke(read);
                    break;
                case Failed failed:
                    _failures.Add(failed);
                    break;
            }
        }
    }

    private static ReadOnlyMemory<byte>[] Encode(float[] samples, CancellationToken cancellationToken)
    {
        var packets = new List<ReadOnlyMemory<byte>>();
        foreach (var packet in AudioPackets.Encode(samples, Template.Codec))
        {
            cancellationToken.ThrowIfCancellationRequested();
            packets.Add(packet.ToArray());
        }

        return [.. packets];
    }
}
