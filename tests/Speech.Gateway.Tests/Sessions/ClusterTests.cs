using Microsoft.Extensions.Logging.Abstractions;
using Speech.Contracts.Jobs;
using Speech.Contracts.Server;
using Speech.Contracts.Sessions;
using Speech.Delivery;
using Speech.Delivery.Jobs;
using Speech.Gateway.Tests.Support;
using Speech.Hosting.Metrics;
using Speech.Redis;
using StackExchange.Redis;

namespace Speech.Gateway.Tests.Sessions;

/// <summary>Gateways whose Redis is a cluster.</summary>
public class ClusterTests(ClusterDeployment cluster) : IClassFixture<ClusterDeployment>
{
    private const int Shards = 8;
    private const string Pcm = "?codec=pcm_s16le&sample_rate=16000";

    [Fact]
    public async Task Clients_are_served_and_handed_over_wherever_in_the_cluster_they_lie()
    {
        await using var first = await RunningGateway.StartAsync(cluster.Url, null, $"STREAM_SHARDS={Shards}");
        await using var second = await RunningGateway.StartAsync(cluster.Url, null, $"STREAM_SHARDS={Shards}");
        await using var redis = new RedisClient(cluster.Options);
        var options = new JobOptions { Shards = new StreamShards(Shards) };
        var completion = new JobCompletion(
            redis, options, new JobInstruments(new Instruments().Create), TimeProvider.System, NullLogger<JobCompletion>.Instance);
        string[] ids = [.. Enumerable.Range(0, 6).Select(i => $"client-{i}")];
        ids.Select(options.Shards.Of).Distinct().Count().ShouldBeGreaterThan(3);
        foreach (var id in ids)
        {
            await using var client = await TestClient.ConnectAsync(first, $"{Pcm}&client_id={id}");
            await client.SendAudioAsync(TestAudio.Pcm16(TestAudio.Repeat(TestAudio.Phrase, 1)));
            await FinishNextAsync(id);
            await client.ExpectTranscriptsAsync(1);

            await using var again = await TestClient.ConnectAsync(second, $"{Pcm}&client_id={id}&resume_from=1");
            (await client.ExpectCloseAsync()).ShouldBe(CloseCode.ResourceUnavailable);
            await again.SendAudioAsync(TestAudio.Pcm16(TestAudio.Repeat(TestAudio.Phrase, 1)));
            await FinishNextAsync(id);
            (await again.StopAsync()).ShouldBe(CloseCode.Normal);
            again.Transcripts.ShouldHaveSingleItem().Segment.ShouldBe(1);
            again.Transcripts[0].Seq.ShouldBe(2);
        }

        async Task FinishNextAsync(string id)
        {
            var stream = JobStream.Audio.In(options.Shards.Of(id));
            await redis.EnsureGroupAsync(stream.Key, stream.Group, CancellationToken.None);
            StreamEntry[] entries = [];
            await Eventually.TrueAsync(
                async () => (entries = await redis.StreamReadGroupAsync(stream.Key, stream.Group, "tester", 1)).Length == 1);
            var job = AudioJob.Read(entries[0][AudioJobFields.Job]);
            job.ClientId.ShouldBe(id);
            await completion.FinishAsync(
                new JobEntry(stream, entries[0].StreamId, id), new Transcript(0, job.Segment, job.Start, job.End, "heard", "en", 1), [],
                CancellationToken.None);
        }
    }
}
