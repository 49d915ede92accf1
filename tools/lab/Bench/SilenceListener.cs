using Speech.Audio.Segmentation;
using Speech.Models.Whisper;
using Speech.Vad;

namespace Speech.Lab.Bench;

/// <summary>
/// What was made of a clip: the texts of the segments that voice-activity detection cut from it, and of the whole clip without it.
/// </summary>
internal sealed record HeardClip(SilenceClip Clip, int Segments, IReadOnlyList<string> SegmentTexts, string WholeText)
{
    public bool YieldsText => SegmentTexts.Count > 0;

    public bool YieldsTextWithoutVad => WholeText.Length > 0;
}

/// <summary>Listens to clips as the services do (detector, segmenter, engine), and with the engine alone.</summary>
internal sealed class SilenceListener(SileroVad vad, WhisperEngine engine)
{
    private readonly LevelledVad _vad = new(vad);

    /// <summary>Hears several clips at once, which is faster than one by one and gives the same.</summary>
    public IReadOnlyList<HeardClip> Hear(IReadOnlyList<SilenceClip> clips, CancellationToken cancellationToken)
    {
        var segments = clips.Select(Segments).ToList();
        var heardSamples = segments.SelectMany(ofClip => ofClip).Concat(clips.Select(clip => clip.Samples));
        var requests = heardSamples.Select(samples => new TranscriptionRequest(samples)).ToList();
        var texts = engine.Transcribe(requests, cancellationToken).Select(transcription => transcription.Text.Trim()).ToList();

        var heard = new List<HeardClip>(clips.Count);
        var next = 0;
        for (var i = 0; i < clips.Count; i++)
        {
            var ofSegments = texts.GetRange(next, segments[i].Count);
            next += segments[i].Count;
            heard.Add(
                new HeardClip(clips[i], segments[i].Count, [.. ofSegments.Where(text => text.Length > 0)], texts[^(clips.Count - i)]));
        }

        return heard;
    }

    private List<float[]> Segments(SilenceClip clip)
    {
        var segments = new List<float[]>();
        var state = new LevelledVadState();
        using var segmenter = new Segmenter();
        var rest = clip.Samples.AsSpan();
        for (; rest.Length >= SileroVad.WindowLength; rest = rest[SileroVad.WindowLength..])
        {
            var window = rest[..SileroVad.WindowLength];
            segmenter.Push(window, _vad.Process(state, window));
            TakeSegments();
        }

        var padded = new float[SileroVad.WindowLength];
        rest.CopyTo(padded);
        segmenter.Flush(rest, _vad.Process(state, padded));
        TakeSegments();
        return segments;

        void TakeSegments()
        {
            while (segmenter.TryRead(out var next))
            {
                if (next.Kind == SegmenterEventKind.SegmentCompleted)
                    segments.Add(next.Samples.ToArray());
            }
        }
    }
}
