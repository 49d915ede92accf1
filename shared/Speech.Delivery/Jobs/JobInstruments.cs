using System.Diagnostics.Metrics;
using Speech.Contracts;

namespace Speech.Delivery.Jobs;

/// <summary>What the scripts on Redis have achieved, counted where they are called.</summary>
public static class JobInstruments
{
    private static readonly Meter Meter = new("Speech.Jobs");

    private static readonly Counter<long> Accepted = Meter.CreateCounter<long>(
        "speech.segments.accepted", "{segment}", "Segments that this gateway has brought into the queue.");

    private static readonly Counter<long> Published = Meter.CreateCounter<long>(
        "speech.results.published", "{result}", "Results that were this worker's, by kind: transcript, translation or failed.");

    private static readonly Histogram<double> Latency = Meter.CreateHistogram(
        "speech.job.latency", "s", "From being queued, by Redis's clock, until the result is published, by this worker's.", null,
        new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300] });

    /// <summary>Shows all that is counted here before there is anything to count: Prometheus sees only changes of what it has seen.</summary>
    public static void BeginAtZero()
    {
        Accepted.Add(0);
        foreach (var kind in (string[])["transcript", "translation", "failed"])
            Published.Add(0, new KeyValuePair<string, object?>("kind", kind));
    }

    public static void SegmentAccepted() => Accepted.Add(1);

    public static void ResultPublished(FinalResult result) => Published.Add(1, new KeyValuePair<string, object?>("kind", result switch
    {
        Transcript => "transcript",
        Translation => "translation",
        _ => "failed",
    }));

    /// <summary>A job's latency; clocks that disagree do not make it negative.</summary>
    public static void JobDone(double seconds) => Latency.Record(Math.Max(0, seconds));
}
