using System.Text.Json.Nodes;

namespace Speech.SttWorker.Health;

/// <summary>What this worker has done so far, beyond what every worker counts. Safe for all threads.</summary>
internal sealed class SpeechStatistics
{
    private long _interims;
    private long _interimsDropped;
    private long _audioMs;

    /// <summary>Of all jobs done.</summary>
    public double AudioSeconds => Interlocked.Read(ref _audioMs) / 1000.0;

    public long Interims => Interlocked.Read(ref _interims);

    public long InterimsLost => Interlocked.Read(ref _interimsDropped);

    public void AudioDone(int durationMs) => Interlocked.Add(ref _audioMs, durationMs);

    public void InterimDone() => Interlocked.Increment(ref _interims);

    public void InterimsDropped(int count) => Interlocked.Add(ref _interimsDropped, count);

    /// <summary>For /health.</summary>
    public JsonObject ToJson() => new()
    {
        ["audio_seconds"] = AudioSeconds,
        ["interims_done"] = Interims,
        ["interims_dropped"] = InterimsLost,
    };
}
