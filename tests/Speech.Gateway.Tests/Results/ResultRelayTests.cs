using Speech.Contracts.Server;
using Speech.Delivery;
using Speech.Gateway.Tests.Support;
using Speech.Redis;

namespace Speech.Gateway.Tests.Results;

/// <summary>Results that are put into Redis by hand, as they might be found there.</summary>
public sealed class ResultRelayTests : GatewayTest
{
    private const string Ann = "codec=opus&client_id=ann";

    [Fact]
    public async Task A_result_whose_publication_was_lost_is_read_from_the_history()
    {
        await using var gateway = await StartGatewayAsync();
        await using var client = await TestClient.ConnectAsync(gateway, Ann);
        await client.ExpectAsync<Ready>();
        await RecordAsync(1, 2);
        await RecordAndPublishAsync(3);
        await client.ExpectTranscriptsAsync(3);
        client.Transcripts.Select(transcript => transcript.Seq).ShouldBe([1L, 2L, 3L]);
    }

    [Fact]
    public async Task A_result_that_comes_twice_is_passed_on_once()
    {
        await using var gateway = await StartGatewayAsync();
        await using var client = await TestClient.ConnectAsync(gateway, Ann);
        await client.ExpectAsync<Ready>();
        await RecordAndPublishAsync(1);
        await PublishAsync(1);
        await RecordAndPublishAsync(2);
        await PublishAsync(1);
        await PublishAsync(2);
        await RecordAndPublishAsync(3);
        await client.ExpectTranscriptsAsync(3);
        client.Transcripts.Select(transcript => transcript.Seq).ShouldBe([1L, 2L, 3L]);
    }

    [Fact]
    public async Task What_a_lost_connection_to_Redis_hid_is_read_afterwards()
    {
        await using var gateway = await StartGatewayAsync();
        await using var client = await TestClient.ConnectAsync(gateway, Ann);
        await client.ExpectAsync<Ready>();
        await RecordAsync(1, 2);
        await Redis.ExecuteAsync("CLIENT", "KILL", "TYPE", "pubsub");
        await client.ExpectTranscriptsAsync(2);
    }

    [Fact]
    public async Task Results_that_are_gone_from_the_history_are_announced_and_hold_nothing_up()
    {
        await using var gateway = await StartGatewayAsync();
        await using var client = await TestClient.ConnectAsync(gateway, Ann);
        await client.ExpectAsync<Ready>();
        await RecordAndPublishAsync(4);
        await client.ExpectTranscriptsAsync(1);
        client.Received.OfType<Warning>().Single().Message.ShouldBe("The results 1 to 3 are no longer kept.");
    }

    [Fact]
    public async Task A_number_far_ahead_that_the_history_does_not_have_hides_nothing()
    {
        await using var gateway = await StartGatewayAsync();
        await using var client = await TestClient.ConnectAsync(gateway, Ann);
        await client.ExpectAsync<Ready>();
        await Redis.PublishAsync(
            RedisKeys.Results("ann"), new ResultEnvelope(ResultEnvelope.MaxSeq, Result(1) with { Seq = ResultEnvelope.MaxSeq }).ToArray());
        await RecordAndPublishAsync(1);
        await RecordAndPublishAsync(2);
        await client.ExpectTranscriptsAsync(2);
        client.Transcripts.Select(transcript => transcript.Seq).ShouldBe([1L, 2L]);
    }

    [Fact]
    public async Task A_resume_from_that_never_was_does_not_hide_what_comes()
    {
        await using var gateway = await StartGatewayAsync();
        await Redis.HashSetAsync(RedisKeys.Session("ann"), "seq", 0);
        await using var client = await TestClient.ConnectAsync(gateway, Ann + "&resume_from=1000");
        await client.ExpectAsync<Ready>();
        await RecordAndPublishAsync(1);
        await client.ExpectTranscriptsAsync(1);
    }

    [Fact]
    public async Task A_partial_never_comes_after_its_transcript_nor_after_a_newer_one()
    {
        await using var gateway = await StartGatewayAsync();
        await using var client = await TestClient.ConnectAsync(gateway, Ann);
        await client.ExpectAsync<Ready>();
        await PublishPartialAsync(segment: 0, revision: 0);
        await PublishPartialAsync(segment: 0, revision: 2);
        await PublishPartialAsync(segment: 0, revision: 1);
        await RecordAndPublishAsync(1);
        await PublishPartialAsync(segment: 0, revision: 3);
        await PublishPartialAsync(segment: 1, revision: 0);
        await RecordAndPublishAsync(2);
        await client.ExpectTranscriptsAsync(2);
        client.Received.Skip(1).Select(message => message switch
        {
            Partial partial => $"partial {partial.Segment}.{partial.Revision}",
            Transcript transcript => $"transcript {transcript.Segment}",
            var other => other.Type,
        }).ShouldBe(["partial 0.0", "partial 0.2", "transcript 0", "partial 1.0", "transcript 1"]);
    }

    [Fact]
    public async Task Rubbish_on_the_channel_is_passed_over()
    {
        await using var gateway = await StartGatewayAsync();
        await using var client = await TestClient.ConnectAsync(gateway, Ann);
        await client.ExpectAsync<Ready>();
        await Redis.PublishAsync(RedisKeys.Results("ann"), "rubbish");
        await RecordAndPublishAsync(1);
        await client.ExpectTranscriptsAsync(1);
    }

    [Fact]
    public async Task A_client_that_does_not_read_is_dropped_and_its_results_are_kept()
    {
        await using var gateway = await StartGatewayAsync("SLOW_CLIENT_SECONDS=0.5");
        _text = new string('x', 60_000);
        await using (var deaf = await TestClient.ConnectAsync(gateway, Ann, reads: false))
        {
            await Eventually.TrueAsync(
                async () => ((long)(await Redis.ExecuteAsync("PUBSUB", "NUMSUB", RedisKeys.Results("ann")))[1]) == 1);
            for (var seq = 1; seq <= 400; seq++) // far more than the network's buffers hold
                await RecordAndPublishAsync(seq);
            await Eventually.TrueAsync(() => gateway.Sessions == 0);
        }
        await using var patient = await StartGatewayAsync(); // with the usual patience, which a reader on a busy machine needs
        await using var client = await TestClient.ConnectAsync(patient, Ann + "&resume_from=0");
        await client.ExpectTranscriptsAsync(400);
        client.Transcripts.Select(transcript => transcript.Seq).ShouldBe(Enumerable.Range(1, 400).Select(seq => (long)seq));
    }

    [Fact]
    public async Task A_client_that_reads_slowly_gets_everything()
    {
        await using var gateway = await StartGatewayAsync();
        _text = new string('x', 60_000);
        await using var client = await TestClient.ConnectAsync(gateway, Ann, reads: false);
        await Eventually.TrueAsync(async () => ((long)(await Redis.ExecuteAsync("PUBSUB", "NUMSUB", RedisKeys.Results("ann")))[1]) == 1);
        for (var seq = 1; seq <= 700; seq++) // fills the network's buffers and both of the gateway's queues
            await RecordAndPublishAsync(seq);
        client.StartReading();
        await client.ExpectTranscriptsAsync(700);
        client.Transcripts.Select(transcript => transcript.Seq).ShouldBe(Enumerable.Range(1, 700).Select(seq => (long)seq));
    }

    private string _text = "text";

    private Transcript Result(long seq) => new(seq, (int)seq - 1, seq, seq + 0.5, _text, "en", 1);

    private async Task RecordAsync(params long[] seqs)
    {
        foreach (var seq in seqs)
            await Redis.ExecuteAsync("XADD", RedisKeys.History("ann"), $"{seq}-0", "result", ResultEnvelope.WriteResult(Result(seq)));
    }

    private Task<long> PublishAsync(long seq) =>
        Redis.PublishAsync(RedisKeys.Results("ann"), new ResultEnvelope(seq, Result(seq)).ToArray());

    private async Task RecordAndPublishAsync(long seq)
    {
        await RecordAsync(seq);
        await PublishAsync(seq);
    }

    private Task<long> PublishPartialAsync(int segment, int revision) =>
        Redis.PublishAsync(RedisKeys.Results("ann"), new ResultEnvelope(0, new Partial(segment, revision, "so far")).ToArray());
}
