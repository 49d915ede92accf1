using Speech.Hosting;

namespace Speech.SttWorker;

/// <summary>What this worker has done so far. Safe for all threads.</summary>
internal sealed class WorkerStatistics(TimeProvider time)
{
    private long _done;
    private long _failed;
    private long _retried;
    private long _claimed;
    private long _interims;
    private long _interimsDropped;
    private long _errors;
    private long _audioMs;
    private WorkerError? _lastError;

    /// <summary>Finals whose result was this worker's.</summary>
    public long Done => Interlocked.Read(ref _done);

    /// <summary>Jobs moved to the dead stream.</summary>
    public long Failed => Interlocked.Read(ref _failed);

    /// <summary>Jobs given back after the model failed on them.</summary>
    public long Retried => Interlocked.Read(ref _retried);

    /// <summary>Jobs taken over from another worker, or from this one's past.</summary>
    public long Claimed => Interlocked.Read(ref _claimed);

    public long Interims => Interlocked.Read(ref _interims);

    public long InterimsLost => Interlocked.Read(ref _interimsDropped);

    public long Errors => Interlocked.Read(ref _errors);

    public double AudioSeconds => Interlocked.Read(ref _audioMs) / 1000.0;

    public WorkerError? LastError => Volatile.Read(ref _lastError);

    public void JobDone(int audioMs)
    {
        Interlocked.Increment(ref _done);
        Interlocked.Add(ref _audioMs, audioMs);
    }

    public void JobFailed() => Interlocked.Increment(ref _failed);

    public void JobRetried() => Interlocked.Increment(ref _retried);

    public void JobClaimed() => Interlocked.Increment(ref _claimed);

    public void InterimDone() => Interlocked.Increment(ref _interims);

    public void InterimsDropped(int count) => Interlocked.Add(ref _interimsDropped, count);

    public void Error(string message)
    {
        Interlocked.Increment(ref _errors);
        Volatile.Write(ref _lastError, new WorkerError(Redaction.Redact(message), time.GetUtcNow()));
    }
}

internal sealed record WorkerError(string Message, DateTimeOffset At);
