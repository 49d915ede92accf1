using Speech.Contracts.Jobs;
using Speech.Contracts.Sessions;
using Speech.Gateway.Audio;
using Speech.Gateway.Sessions;
using Speech.Redis;
using StackExchange.Redis;

namespace Speech.Gateway.Interim;

/// <summary>
/// Sends what there is so far of an open segment to be transcribed, at intervals, for a client that wants to see it grow. Looked at
/// after every message of audio: without new audio there is nothing new to send, so it needs no timer. A luxury: one at a time, none
/// while the queue is half full, and none is repeated when Redis is away.
/// </summary>
internal sealed partial class InterimSender(SessionServices services, JobFactory jobs, ILogger logger)
{
    private long _segment = -1;
    private int _revision;
    private long _lastAt;
    private long _lastEndSample;
    private Task _sending = Task.CompletedTask;

    /// <param name="pipeline">All its events have been read.</param>
    /// <param name="cancellationToken">Ends the sending, which goes on in the background.</param>
    public void SendIfDue(AudioPipeline pipeline, CancellationToken cancellationToken)
    {
        if (!pipeline.TrySnapshot(out var open))
            return;
        var now = services.Time.GetTimestamp();
        if (open.Segment != _segment)
        {
            (_segment, _revision, _lastAt, _lastEndSample) = (open.Segment, 0, now, open.StartSample);
            return;
        }
        var isDue = services.Time.GetElapsedTime(_lastAt, now) >= services.Options.InterimInterval;
        if (!isDue || open.EndSample == _lastEndSample || !_sending.IsCompleted || !services.QueueDepth.HasRoomForInterims)
            return;
        (_lastAt, _lastEndSample) = (now, open.EndSample);
        _sending = SendAsync(jobs.Interim(open, _revision++), cancellationToken);
    }

    /// <summary>Waits for the one under way.</summary>
    public Task DrainAsync() => _sending;

    private async Task SendAsync(AudioJob job, CancellationToken cancellationToken)
    {
        try
        {
            await services.Jobs.EnqueueInterimAsync(job, cancellationToken);
        }
        catch (Exception e) when (e is RedisException || cancellationToken.IsCancellationRequested)
        {
            Log.NotSent(logger, job.ClientId, job.Segment, e.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "No interim result for segment {Segment} of {ClientId}: {Reason}")]
        public static partial void NotSent(ILogger logger, string clientId, int segment, string reason);
    }
}
