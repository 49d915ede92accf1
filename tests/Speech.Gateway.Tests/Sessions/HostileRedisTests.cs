using Speech.Contracts.Sessions;
using Speech.Gateway.Tests.Support;
using Speech.Redis;
using StackExchange.Redis;

namespace Speech.Gateway.Tests.Sessions;

/// <summary>What lies in Redis under a client's name may come from anybody: the client is served all the same.</summary>
public sealed class HostileRedisTests : GatewayTest
{
    private const string Query = "codec=pcm_s16le&sample_rate=16000&client_id=mallory&resume_from=0";

    [Theory]
    [InlineData("HSET session:mallory segments 2147483647 released 0")]
    [InlineData("HSET session:mallory segments 2147483647 released 2147483647")]
    [InlineData("HSET session:mallory seq 9223372036854775806")]
    [InlineData("HSET session:mallory committed 0x10")]
    [InlineData("HSET session:mallory seq nan")]
    [InlineData("SET session:mallory text")]
    [InlineData("SET history:mallory text")]
    [InlineData("XADD history:mallory 18446744073709551615-18446744073709551615 result junk")]
    [InlineData("XADD history:mallory 9223372036854775806-0 result junk")]
    public async Task A_client_gets_its_transcript_whatever_lies_under_its_name(string harm)
    {
        await Redis.ExecuteAsync(harm.Split(' ')[0], [.. harm.Split(' ')[1..]]);
        await using var gateway = await StartGatewayAsync();
        await using var worker = TestWorker.Start(Server);
        await using var client = await TestClient.ConnectAsync(gateway, Query);
        await client.SendAudioAsync(TestAudio.Pcm16(TestAudio.Phrase));
        (await client.StopAsync()).ShouldBe(CloseCode.Normal);
        client.Transcripts.ShouldHaveSingleItem().Seq.ShouldBe(1);

        await using var again = await TestClient.ConnectAsync(gateway, Query);
        (await again.StopAsync()).ShouldBe(CloseCode.Normal);
        again.Transcripts.ShouldHaveSingleItem().Seq.ShouldBe(1);
    }

    [Fact]
    public async Task A_last_seq_that_no_history_can_have_is_refused_with_a_reason()
    {
        await using var gateway = await StartGatewayAsync();
        await using var client = await TestClient.ConnectAsync(
            gateway, Query.Replace("resume_from=0", "resume_from=9007199254740991", StringComparison.Ordinal));
        (await client.ExpectCloseAsync()).ShouldBe(CloseCode.InvalidMessage);
        ((long)(await Redis.ExecuteAsync("EXISTS", "session:mallory"))).ShouldBe(0);
    }
}
