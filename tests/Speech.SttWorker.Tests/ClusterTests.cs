using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using Speech.Contracts.Jobs;
using Speech.Contracts.Server;
using Speech.Delivery;
using Speech.Delivery.Jobs;
using Speech.Delivery.Sessions;
using Speech.Hosting.Metrics;
using Speech.Redis;

namespace Speech.SttWorker.Tests;

[Trait("Speed", "Slow")]
public class ClusterTests(ClusterDeployment cluster) : IClassFixture<ClusterDeployment>
{
    private const int Shards = 8;

    [Fact]
    public async Task Clients_all_over_a_cluster_get_their_transcripts_in_order_and_partials_too()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(50));
        await using var redis = new RedisClient(cluster.Options);
        await using var subscriber = new RedisSubscriber(redis);
        var options = new JobOptions { Shards = new StreamShards(Shards) };
        var queue = new AudioJobQueue(
            redis, options, new JobInstruments(new Instruments().Create), TimeProvider.System, NullLogger<AudioJobQueue>.Instance);
        var sessions = new SessionStore(redis, options);
        var holds = new SessionHolds(redis, queue, options, TimeProvider.System, NullLogger<SessionHolds>.Instance);
        var history = new HistoryReader(redis, options, NullLogger<HistoryReader>.Instance);
        var utterances = Utterances.Some(3);
        string[] clients = [.. Enumerable.Range(0, 12).Select(i => $"client-{i}")];
        clients.Select(options.Shards.Of).Distinct().Count().ShouldBeGreaterThan(4);
        foreach (var client in clients)
        {
            for (var segment = 0; segment < utterances.Length; segment++)
                await queue.EnqueueAsync(Utterances.Job(client, segment, utterances[segment], start: 40 * segment), 40 * (
                    segment + 1), lastSeq: 0, patience.Token);
        }
        (await queue.DepthAsync(patience.Token)).ShouldBe(clients.Length * utterances.Length);

        string[] settings = ["--STREAM_SHARDS", $"{Shards}"];
        await using (await WorkerApp.StartAsync(cluster.Url, "w1", around: null, settings))
        await using (await WorkerApp.StartAsync(cluster.Url, "w2", around: null, settings))
        {
            foreach (var client in clients)
            {
                await Eventually.TrueAsync(async () => (await sessions.ReadAsync(client, patience.Token)).Released == utterances.Length);
                var results = await history.ReadAfterAsync(client, 0, patience.Token).ToListAsync(patience.Token);
                results.Select(result => result.Seq).ShouldBe([1, 2, 3]);
                results.Select(result => ((Transcript)result.Result).Text).ShouldBe(utterances.Select(utterance => utterance.Text));
            }
            (await queue.DepthAsync(patience.Token)).ShouldBe(0);

            var partials = Channel.CreateBounded<ResultEnvelope>(10);
            await using var subscription = await subscriber.SubscribeAsync(
                RedisKeys.Results(clients[0]),
                (payload, cancellationToken) => partials.Writer.WriteAsync(ResultEnvelope.Read(payload), cancellationToken),
                cancellationToken: patience.Token);
            var hold = holds.Create(clients[0], "key", "gateway");
            await hold.ClaimAsync(lastSeq: 3, patience.Token);
            (await hold.KeepAliveAsync(new SessionProgress(200, default), patience.Token)).ShouldBe(HoldResult.Done);
            (await sessions.ReadAsync(clients[0], patience.Token)).CommittedSeconds.ShouldBe(200);
            await queue.EnqueueInterimAsync(
                Utterances.Job(clients[0], 3, utterances[0], AudioJobKind.Interim, revision: 1, start: 200), patience.Token);
            ((Partial)(await partials.Reader.ReadAsync(patience.Token)).Result).Text.ShouldBe(utterances[0].Text);
        }
        foreach (var shard in options.Shards.All)
            (await redis.StreamConsumersAsync(shard.Stream(RedisKeys.AudioJobs), RedisKeys.SttWorkers, patience.Token)).ShouldBeEmpty();
    }
}
