using Speech.Delivery.Jobs;
using Speech.Hosting.Logging;
using Speech.Hosting.Metrics;
using Speech.Redis;

namespace Speech.Workers.Life;

/// <summary>What this worker has done so far. Safe for all threads.</summary>
public sealed class WorkerStatistics(JobInstruments instruments, TimeProvider time)
{
    private long _done;
    private long _failed;
    private long _retried;
    private long _claimed;
    private long _errors;
    private WorkerError? _lastError;

    /// <summary>Jobs whose result was this worker's.</summary>
    public long Done => Interlocked.Read(ref _done);

    /// <summary>Jobs moved to the dead stream.</summary>
    public long Failed => Interlocked.Read(ref _failed);

    /// <summary>Jobs given back after the model failed on them.</summary>
    public long Retried => Interlocked.Read(ref _retried);

    /// <summary>Jobs taken over from another worker, or from this one's past.</summary>
    public long Claimed => Interlocked.Read(ref _claimed);

    public long Errors => Interlocked.Read(ref _errors);

    public WorkerError? LastError => Volatile.Read(ref _lastError);

    /// <param name="id">Says when it was queued.</param>
    public void JobDone(StreamId id)
    {
        Interlocked.Increment(ref _done);
        instruments.JobDone((time.GetUtcNow().ToUnixTimeMilliseconds() - (double)id.Milliseconds) / 1000);
    }

    public void JobFailed() => Interlocked.Increment(ref _failed);

    public void JobRetried() => Interlocked.Increment(ref _retried);

    public void JobClaimed() => Interlocked.Increment(ref _claimed);

    public void Error(string message)
    {
        Interlocked.Increment(ref _errors);
        Volatile.Write(ref _lastError, new WorkerError(Redaction.Redact(message), time.GetUtcNow()));
    }
}

public sealed record WorkerError(string Message, DateTimeOffset At);
