using Speech.Contracts.Jobs;
using Speech.Contracts.Sessions;
using Speech.Workers.Jobs;
using Speech.Workers.Model;

namespace Speech.SttWorker.Engine;

/// <summary>Audio for the model.</summary>
internal abstract class SpeechJob(AudioJob audio, JobDelivery? delivery) : ModelJob(audio.ClientId, delivery)
{
    public AudioJob Audio { get; } = audio;

    /// <summary>The one that the client says is spoken.</summary>
    public override IReadOnlyList<string> Languages { get; } = audio.Language is { } language ? [language] : [];

    /// <summary>The client has been told: <c>language_unsupported</c>.</summary>
    public override bool IsDoneRegardless => true;

    public bool IsOfSameSegment(SpeechJob other) => Audio.Segment == other.Audio.Segment && ClientId == other.ClientId;
}

/// <summary>A whole segment: its result must come.</summary>
internal sealed class FinalJob(AudioJob audio, JobDelivery delivery) : SpeechJob(audio, delivery);

/// <summary>The beginning of a segment that goes on: done when there is nothing better to do, and soon or not at all.</summary>
internal sealed class InterimJob(AudioJob audio, long staleAt) : SpeechJob(audio, delivery: null)
{
    /// <summary>A timestamp of the clock; from then on nobody wants it.</summary>
    public long StaleAt { get; } = staleAt;
}
