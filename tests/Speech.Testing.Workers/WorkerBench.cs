using Microsoft.Extensions.Logging.Abstractions;
using Speech.Delivery;
using Speech.Delivery.Jobs;
using Speech.Delivery.Sessions;
using Speech.Hosting.Metrics;
using Speech.Redis;
using StackExchange.Redis;

namespace Speech.Testing.Workers;

/// <summary>A Redis of its own, what others do with the jobs on it, and the workers under test.</summary>
/// <param name="jobs">What the workers work on.</param>
public abstract class WorkerBench(RedisServer server, JobStream jobs) : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> _workers = [];
    private readonly CancellationTokenSource _patience = new(TimeSpan.FromSeconds(50));

    public RedisServer Server => server;

    public RedisClient Redis { get; } = new(RedisOptions.Parse(server.Url));

    public AudioJobQueue Queue => field ??= new(
        Redis, new JobOptions(), new JobInstruments(new Instruments().Create), TimeProvider.System, NullLogger<AudioJobQueue>.Instance);

    public HistoryReader History => field ??= new(Redis, new JobOptions(), NullLogger<HistoryReader>.Instance);

    /// <summary>Ends a test that hangs.</summary>
    public CancellationToken Patience => _patience.Token;

    public async Task<StreamPendingMessageInfo[]> PendingAsync() =>
        await Redis.StreamPendingRangeAsync(jobs.Key, jobs.Group, 1000, cancellationToken: Patience);

    /// <summary>A consumer that takes jobs, says nothing and is never heard of again.</summary>
    public async Task<StreamEntry[]> TakeAndVanishAsync(int count, string consumer = "ghost")
    {
        await Redis.EnsureGroupAsync(jobs.Key, jobs.Group, Patience);
        return await Redis.StreamReadGroupAsync(jobs.Key, jobs.Group, consumer, count, cancellationToken: Patience);
    }

    public virtual async ValueTask DisposeAsync()
    {
        foreach (var worker in _workers)
            await worker.DisposeAsync();
        await Redis.DisposeAsync();
        await Server.DisposeAsync();
        _patience.Dispose();
    }

    /// <summary>Stops it at the end, too.</summary>
    protected async Task<T> AddAsync<T>(Task<T> starting)
        where T : RunningWorker
    {
        var worker = await starting;
        _workers.Add(worker);
        return worker;
    }

    /// <summary>Runs a worker that is expected to end by itself.</summary>
    /// <param name="program">Such as Speech.SttWorker.</param>
    protected async Task<(int ExitCode, string[] Errors)> RunToEndAsync(string program, string id, string[] settings)
    {
        await using var worker = WorkerProcess.Start(program, Server.Url, id, settings);
        await worker.ExitedAsync(Patience);
        return (worker.ExitCode, await worker.ErrorsAsync());
    }

    /// <param name="program">Such as Speech.SttWorker.</param>
    protected async Task<WorkerProcess> AddProcessAsync(string program, string id, string[] settings)
    {
        var worker = WorkerProcess.Start(program, Server.Url, id, settings);
        _workers.Add(worker);
        await Eventually.TrueAsync(() => Redis.KeyExistsAsync(RedisKeys.Worker(id), Patience));
        return worker;
    }
}
