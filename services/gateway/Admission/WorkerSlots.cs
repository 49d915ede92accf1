using System.Globalization;
using Speech.Delivery;
using Speech.Redis;

namespace Speech.Gateway.Admission;

/// <summary>How many segments all STT workers together can work on at once, by their heartbeats, looked at every few seconds.</summary>
internal sealed class WorkerSlots(RedisClient redis, JobOptions options, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private int _count;

    /// <summary>0: no worker is there, or none is known of.</summary>
    public int Count => Volatile.Read(ref _count);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            do
            {
                try
                {
                    Volatile.Write(ref _count, await CountAsync(stoppingToken));
                }
                catch (RedisException)
                {
                    // As many as there were: others log and show that Redis is away.
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    private async Task<int> CountAsync(CancellationToken cancellationToken)
    {
        try
        {
            // Every worker reads every shard, under its own id. One that is gone has no heartbeat.
            var stream = options.Shards.All[0].Stream(RedisKeys.AudioJobs);
            var consumers = await redis.StreamConsumersAsync(stream, RedisKeys.SttWorkers, cancellationToken);
            var slots = await Task.WhenAll(consumers.Select(
                consumer => redis.HashGetStringAsync(RedisKeys.Worker(consumer.Name), "slots", cancellationToken)));
            return slots.Sum(text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? Math.Min(count, 10_000) : 0);
        }
        catch (RedisServerException error) when (error.Code is "NOGROUP" or "ERR")
        {
            return 0; // no worker has ever made the group
        }
    }
}
