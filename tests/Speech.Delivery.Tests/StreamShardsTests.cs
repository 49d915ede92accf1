namespace Speech.Delivery.Tests;

public class StreamShardsTests
{
    [Fact]
    public void One_shard_leaves_names_plain()
    {
        var shard = StreamShards.One.Of("ann");
        StreamShards.One.All.ShouldBe([shard]);
        (shard.Stream(RedisKeys.AudioJobs), shard.Session("ann"), shard.History("ann"))
            .ShouldBe(("audio_jobs", "session:ann", "history:ann"));
    }

    [Fact]
    public void Names_of_a_shard_have_its_number_as_their_hash_tag()
    {
        var shards = new StreamShards(4);
        shards.All.Select(shard => shard.Stream(RedisKeys.InterimJobs))
            .ShouldBe(["audio_jobs:interim:{0}", "audio_jobs:interim:{1}", "audio_jobs:interim:{2}", "audio_jobs:interim:{3}"]);
        RedisKeys.Dead(shards.All[2].Stream(RedisKeys.AudioJobs)).ShouldBe("audio_jobs:{2}:dead");
        (shards.All[2].Session("ann"), shards.All[2].History("ann")).ShouldBe(("session:{2}:ann", "history:{2}:ann"));
    }

    [Fact]
    public void A_client_s_shard_is_what_redis_makes_of_its_id()
    {
        new StreamShards(100).Of("123456789").ShouldBe(new RedisShard($"{{{0x31C3 % 100}}}")); // the check value of CRC-16/XMODEM
        var shards = new StreamShards(16);
        Enumerable.Range(0, 1000).GroupBy(i => shards.Of($"client-{i}")).Select(clients => clients.Count())
            .ShouldAllBe(count => count > 30);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(257)]
    public void Their_number_is_bounded(int count) => Should.Throw<ArgumentOutOfRangeException>(() => new StreamShards(count));
}
