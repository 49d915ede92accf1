using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using Speech.Contracts;
using Speech.Hosting;
using Speech.Hosting.Workers;
using Speech.Redis;
using Speech.Redis.Tests;

namespace Speech.SttWorker.Tests;

/// <summary>A Redis of its own, a gateway's side of the jobs on it, and the workers under test.</summary>
internal sealed class Bench : IAsyncDisposable
{
    private readonly RedisSubscriber _subscriber;
    private readonly List<IAsyncDisposable> _workers = [];
    private readonly CancellationTokenSource _patience = new(TimeSpan.FromSeconds(50));

    private Bench(RedisServer server)
    {
        var options = RedisOptions.Parse(server.Url);
        var jobs = new JobOptions();
        Server = server;
        Redis = new RedisClient(options);
        _subscriber = new RedisSubscriber(options);
        Queue = new AudioJobQueue(Redis, jobs, TimeProvider.System, NullLogger<AudioJobQueue>.Instance);
        History = new HistoryReader(Redis, jobs, NullLogger<HistoryReader>.Instance);
    }

    public RedisServer Server { get; }

    public RedisClient Redis { get; }

    public AudioJobQueue Queue { get; }

    public HistoryReader History { get; }

    /// <summary>Ends a test that hangs.</summary>
    public CancellationToken Patience => _patience.Token;

    public static async Task<Bench> CreateAsync() => new(await RedisServer.StartAsync());

    public async Task<WorkerApp> StartWorkerAsync(string id = "w1", Func<IBatchedModel, IBatchedModel>? transcriber = null, params string[] settings)
    {
        var worker = await WorkerApp.StartAsync(Server.Url, id, transcriber, settings);
        _workers.Add(worker);
        return worker;
    }

    public async Task<WorkerProcess> StartProcessAsync(string id, params string[] settings)
    {
        var worker = WorkerProcess.Start(Server.Url, id, settings);
        _workers.Add(worker);
        await Eventually.TrueAsync(() => Redis.KeyExistsAsync(RedisKeys.Worker(id), Patience));
        return worker;
    }

    public async Task EnqueueAsync(string clientId, IReadOnlyList<Utterances.Utterance> utterances)
    {
        for (var segment = 0; segment < utterances.Count; segment++)
            await Queue.EnqueueAsync(Utterances.Job(clientId, segment, utterances[segment], start: 40 * segment), 40 * (segment + 1), lastSeq: 0, Patience);
    }

    public async Task<IReadOnlyList<FinalResult>> ResultsAsync(string clientId) =>
        [.. (await History.ReadAfterAsync(clientId, 0, Patience).ToListAsync(Patience)).Select(envelope => (FinalResult)envelope.Result)];

    /// <summary>Waits for so many results and returns all that there are.</summary>
    public async Task<IReadOnlyList<FinalResult>> ResultsAsync(string clientId, int count)
    {
        await Eventually.TrueAsync(() => Eventually.ConnectedAsync(async () => await Redis.StreamLengthAsync(RedisKeys.History(clientId), Patience) >= count));
        return await ResultsAsync(clientId);
    }

    /// <summary>Waits until every job has come to an end, and checks that a client has the utterances' texts, each once and in order.</summary>
    public async Task ShouldHaveHeardAsync(string clientId, IReadOnlyList<Utterances.Utterance> utterances)
    {
        var results = await ResultsAsync(clientId, utterances.Count);
        results.Select(result => result.Seq).ShouldBe(Enumerable.Range(1, utterances.Count).Select(seq => (long)seq));
        results.Select(result => result.Segment).ShouldBe(Enumerable.Range(0, utterances.Count));
        results.Cast<Transcript>().Select(transcript => transcript.Text).ShouldBe(utterances.Select(utterance => utterance.Text));
    }

    public Task<long> DepthAsync() => Queue.DepthAsync(Patience);

    public async Task<StreamPendingEntry[]> PendingAsync() =>
        await Redis.StreamPendingRangeAsync(RedisKeys.AudioJobs, RedisKeys.SttWorkers, 1000, cancellationToken: Patience);

    /// <summary>A consumer that takes jobs, says nothing and is never heard of again.</summary>
    public async Task<StreamEntry[]> TakeAndVanishAsync(int count, string consumer = "ghost")
    {
        await Redis.EnsureGroupAsync(RedisKeys.AudioJobs, RedisKeys.SttWorkers, Patience);
        return await Redis.StreamReadGroupAsync(RedisKeys.AudioJobs, RedisKeys.SttWorkers, consumer, count, cancellationToken: Patience);
    }

    /// <summary>All that is published for a client from now on.</summary>
    public async Task<ChannelReader<ResultEnvelope>> ListenAsync(string clientId)
    {
        var heard = Channel.CreateBounded<ResultEnvelope>(1000);
        await _subscriber.SubscribeAsync(
            RedisKeys.Results(clientId),
            (payload, cancellationToken) => heard.Writer.WriteAsync(ResultEnvelope.Read(payload.Span), cancellationToken),
            cancellationToken: Patience);
        return heard.Reader;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var worker in _workers)
            await worker.DisposeAsync();
        await _subscriber.DisposeAsync();
        await Redis.DisposeAsync();
        await Server.DisposeAsync();
        _patience.Dispose();
    }
}
