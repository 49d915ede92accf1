using System.Threading.Channels;
using Speech.Contracts.Server;
using Speech.Delivery;
using Speech.Delivery.Jobs;
using Speech.Redis;
using Speech.Workers.Model;

namespace Speech.SttWorker.Tests;

/// <summary>A gateway's side of the jobs, and STT workers.</summary>
internal sealed class Bench : WorkerBench
{
    private readonly RedisSubscriber _subscriber;

    private Bench(RedisServer server) : base(server, JobStream.Audio) => _subscriber = new RedisSubscriber(Redis);

    public static async Task<Bench> CreateAsync() => new(await RedisServer.StartAsync());

    public Task<WorkerApp> StartWorkerAsync(
        string id = "w1", Func<IBatchedModel, IBatchedModel>? transcriber = null, params string[] settings) =>
        AddAsync(WorkerApp.StartAsync(Server.Url, id, transcriber, settings));

    public Task<WorkerProcess> StartProcessAsync(string id, params string[] settings) =>
        AddProcessAsync("Speech.SttWorker", id, ["--AUDIO_CONTEXT", "full", .. settings]);

    public Task<(int ExitCode, string[] Errors)> RunToEndAsync(string id, params string[] settings) =>
        RunToEndAsync("Speech.SttWorker", id, settings);

    public async Task EnqueueAsync(string clientId, IReadOnlyList<Utterances.Utterance> utterances)
    {
        for (var segment = 0; segment < utterances.Count; segment++)
            await Queue.EnqueueAsync(
                Utterances.Job(clientId, segment, utterances[segment], start: 40 * segment), 40 * (segment + 1), lastSeq: 0, Patience);
    }

    public async Task<IReadOnlyList<FinalResult>> ResultsAsync(string clientId) =>
        [.. (await History.ReadAfterAsync(clientId, 0, Patience).ToListAsync(Patience)).Select(envelope => (FinalResult)envelope.Result)];

    /// <summary>Waits for so many results and returns all that there are.</summary>
    public async Task<IReadOnlyList<FinalResult>> ResultsAsync(string clientId, int count)
    {
        await Eventually.TrueAsync(() => Eventually.ConnectedAsync(
            async () => await Redis.StreamLengthAsync(RedisKeys.History(clientId), Patience) >= count));
        return await ResultsAsync(clientId);
    }

    /// <summary>
    /// Waits until every job has come to an end, and checks that a client has the utterances' texts, each once and in order.
    /// </summary>
    public async Task ShouldHaveHeardAsync(string clientId, IReadOnlyList<Utterances.Utterance> utterances)
    {
        var results = await ResultsAsync(clientId, utterances.Count);
        results.Select(result => result.Seq).ShouldBe(Enumerable.Range(1, utterances.Count).Select(seq => (long)seq));
        results.Select(result => result.Segment).ShouldBe(Enumerable.Range(0, utterances.Count));
        results.Cast<Transcript>().Select(transcript => transcript.Text).ShouldBe(utterances.Select(utterance => utterance.Text));
    }

    public Task<long> DepthAsync() => Queue.DepthAsync(Patience);

    /// <summary>All that is published for a client from now on.</summary>
    public async Task<ChannelReader<ResultEnvelope>> ListenAsync(string clientId)
    {
        var heard = Channel.CreateBounded<ResultEnvelope>(1000);
        await _subscriber.SubscribeAsync(
            RedisKeys.Results(clientId),
            (payload, cancellationToken) => heard.Writer.WriteAsync(ResultEnvelope.Read(payload), cancellationToken),
            cancellationToken: Patience);
        return heard.Reader;
    }

    public override async ValueTask DisposeAsync()
    {
        await _subscriber.DisposeAsync();
        await base.DisposeAsync();
    }
}
