using Prometheus;
using Speech.Contracts.Server;
using Speech.Delivery.Jobs;

namespace Speech.Hosting.Metrics;

/// <summary>What the scripts on Redis have achieved, counted where they are called. Safe for all threads.</summary>
public sealed class JobInstruments : IJobObserver
{
    private readonly Counter _accepted;
    private readonly Counter.Child _transcripts;
    private readonly Counter.Child _translations;
    private readonly Counter.Child _failures;
    private readonly Histogram _latency;

    public JobInstruments(IMetricFactory create)
    {
        _accepted = create.CreateCounter("speech_segments_accepted_total", "Segments that this gateway has brought into the queue.");
        // Every kind from the beginning: Prometheus sees only changes of what it has seen.
        var published = create.CreateCounter(
            "speech_results_published_total", "Results that were this worker's, by kind: transcript, translation or failed.", ["kind"]);
        _transcripts = published.WithLabels("transcript");
        _translations = published.WithLabels("translation");
        _failures = published.WithLabels("failed");
        _latency = create.CreateHistogram(
            "speech_job_latency_seconds", "From being queued, by Redis's clock, until the result is published, by this worker's.",
            new HistogramConfiguration { Buckets = [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300], SuppressInitialValue = true });
    }

    public void SegmentAccepted() => _accepted.Inc();

    public void ResultPublished(FinalResult result) => (result switch
    {
        Transcript => _transcripts,
        Translation => _translations,
        _ => _failures,
    }).Inc();

    /// <summary>A job's latency; clocks that disagree do not make it negative.</summary>
    public void JobDone(double seconds) => _latency.Observe(Math.Max(0, seconds));
}
