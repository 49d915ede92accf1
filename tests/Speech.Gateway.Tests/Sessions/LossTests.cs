using Speech.Contracts.Client;
using Speech.Contracts.Server;
using Speech.Contracts.Sessions;
using Speech.Delivery;
using Speech.Gateway.Tests.Support;

namespace Speech.Gateway.Tests.Sessions;

/// <summary>Streams that lose jobs while the sessions of their clients are intact: somebody deleted one, or Redis evicted it.</summary>
public sealed class LossTests : GatewayTest
{
    private const string Pcm = "codec=pcm_s16le&sample_rate=16000";

    private readonly ManualTime _time = new();

    [Fact]
    public async Task Of_segments_that_were_deleted_with_their_stream_a_client_is_told_and_things_go_on()
    {
        await using var gateway = await StartAsync();
        await using var client = await TestClient.ConnectAsync(gateway, Pcm);
        await client.SendAudioAsync(TestAudio.Pcm16(TestAudio.Repeat(TestAudio.Phrase, 3)));
        await DeleteAsync(RedisKeys.AudioJobs, length: 3);
        await PassTimeUntilAsync(client, () => client.Received.OfType<Failed>().Count() == 3);

        await using var worker = TestWorker.Start(Server);
        await client.SendAudioAsync(TestAudio.Pcm16(TestAudio.Phrase));
        (await client.StopAsync()).ShouldBe(CloseCode.Normal);
        client.Received.OfType<FinalResult>().Select(result => (result.Seq, result.Segment, result.Type)).ShouldBe(
            [(1, 0, "failed"), (2, 1, "failed"), (3, 2, "failed"), (4, 3, "transcript")]);
        client.Received.OfType<Failed>().ShouldAllBe(failed => failed.Code == "lost" && failed.Stage == Failed.Transcribing);
    }

    [Fact]
    public async Task A_client_that_has_said_all_does_not_wait_for_what_was_deleted()
    {
        await using var gateway = await StartAsync();
        await using var client = await TestClient.ConnectAsync(gateway, Pcm);
        await client.SendAudioAsync(TestAudio.Pcm16(TestAudio.Phrase));
        await client.SendAsync(new Stop());
        await DeleteAsync(RedisKeys.AudioJobs, length: 1);
        await PassTimeUntilAsync(client, () => client.Received.OfType<Failed>().Any());
        (await client.ExpectCloseAsync()).ShouldBe(CloseCode.Normal);
        client.Received[^1].ShouldBe(new Done());
    }

    [Fact]
    public async Task What_was_deleted_while_its_client_was_away_it_is_told_when_it_comes_back()
    {
        await using var gateway = await StartAsync();
        await using (var first = await TestClient.ConnectAsync(gateway, Pcm + "&client_id=lea"))
        {
            await first.SendAudioAsync(TestAudio.Pcm16(TestAudio.Phrase));
            await first.SendAsync(new Flush());
            await Eventually.TrueAsync(async () => (await QueuedAsync()).Length == 1);
            first.Abort();
        }
        await DeleteAsync(RedisKeys.AudioJobs, length: 1);

        await using var second = await TestClient.ConnectAsync(gateway, Pcm + "&client_id=lea&resume_from=0");
        await second.SendAsync(new Stop());
        await PassTimeUntilAsync(second, () => second.Received.OfType<Failed>().Any());
        (await second.ExpectCloseAsync()).ShouldBe(CloseCode.Normal);
        second.Received.OfType<FinalResult>().ShouldHaveSingleItem().Seq.ShouldBe(1);
    }

    [Fact]
    public async Task Of_translations_that_were_deleted_with_their_stream_a_client_is_told()
    {
        await using var gateway = await StartAsync();
        await using var worker = TestWorker.Start(Server, TestWorker.FinishWithTranslationsAsync);
        await using var client = await TestClient.ConnectAsync(gateway, Pcm + "&translate=fr,es");
        await client.SendAudioAsync(TestAudio.Pcm16(TestAudio.Repeat(TestAudio.Phrase, 2)));
        await client.SendAsync(new Flush());
        await client.ExpectTranscriptsAsync(2);
        await DeleteAsync(RedisKeys.TranslationJobs, length: 4);
        await PassTimeUntilAsync(client, () => client.Received.OfType<Failed>().Count() == 4);

        (await client.StopAsync()).ShouldBe(CloseCode.Normal);
        client.Received.OfType<Failed>().Select(failed => (failed.Code, failed.Stage, failed.Segment, failed.Language)).ShouldBe(
        [
            ("lost", Failed.Translating, 0, "es"), ("lost", Failed.Translating, 0, "fr"),
            ("lost", Failed.Translating, 1, "es"), ("lost", Failed.Translating, 1, "fr"),
        ]);
        client.Received.OfType<Warning>().ShouldAllBe(warning => warning.Code == "queue_unreachable"); // seconds that Redis has not had
    }

    [Fact]
    public async Task What_only_waits_long_is_not_given_up()
    {
        await using var gateway = await StartAsync();
        await using var client = await TestClient.ConnectAsync(gateway, Pcm);
        await client.SendAudioAsync(TestAudio.Pcm16(TestAudio.Repeat(TestAudio.Phrase, 2)));
        await Eventually.TrueAsync(async () => (await QueuedAsync()).Length == 2);
        for (var second = 0; second < 30; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await client.SendAsync(new Ping());
            await Eventually.TrueAsync(() => client.Received.OfType<Pong>().Count() > second);
        }
        await using var worker = TestWorker.Start(Server);
        (await client.StopAsync()).ShouldBe(CloseCode.Normal);
        client.Received.OfType<FinalResult>().Select(result => result.Type).ShouldBe(["transcript", "transcript"]);
    }

    private Task<RunningGateway> StartAsync() =>
        RunningGateway.StartAsync(Server.Url, _time, "RESULT_TIMEOUT_SECONDS=3600", "CLIENT_TIMEOUT_SECONDS=3600", "RESUME_SECONDS=0");

    private async Task DeleteAsync(string stream, int length)
    {
        await Eventually.TrueAsync(async () => await Redis.StreamLengthAsync(stream) == length);
        await Redis.KeyDeleteAsync(stream);
    }

    /// <summary>Second by second, and no longer than needed: what follows has a time of its own.</summary>
    private Task PassTimeUntilAsync(TestClient client, Func<bool> condition) => Eventually.TrueAsync(() =>
    {
        if (condition())
            return true;
        client.CloseCode.ShouldBeNull();
        _time.Advance(TimeSpan.FromSeconds(1));
        return false;
    });
}
