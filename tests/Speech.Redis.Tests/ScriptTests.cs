namespace Speech.Redis.Tests;

public class ScriptTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private readonly RedisClient _redis = fixture.Client;

    [Fact]
    public void A_script_is_known_by_the_SHA_1_of_its_source() =>
        new RedisScript("return 1").Sha1.ShouldBe("e0e1f9fabfc9d4800c877a703b823ac0578ff8db");

    [Fact]
    public async Task A_script_runs_with_its_keys_and_arguments()
    {
        var script = new RedisScript("redis.call('SET', KEYS[1], ARGV[1]); return {KEYS[1], ARGV[1], #ARGV}");
        var reply = await _redis.EvalAsync(script, ["scripted"], [new byte[] { 1, 2 }, "second"]);
        reply[2].AsInt64().ShouldBe(2);
        (await _redis.GetAsync("scripted")).ShouldBe([1, 2]);
    }

    [Fact]
    public async Task A_server_that_forgot_a_script_is_taught_it_again()
    {
        var script = new RedisScript("return redis.call('INCR', KEYS[1])");
        for (var i = 1; i <= 3; i++)
        {
            (await _redis.EvalAsync(script, ["counted"], [])).AsInt64().ShouldBe(2 * i - 1);
            await _redis.ExecuteAsync("SCRIPT", "FLUSH");
            (await _redis.EvalAsync(script, ["counted"], [])).AsInt64().ShouldBe(2 * i);
        }
        (await _redis.ExecuteAsync("SCRIPT", "EXISTS", script.Sha1))[0].AsInt64().ShouldBe(1);
    }

    [Fact]
    public async Task A_script_s_own_error_is_not_tried_again()
    {
        var script = new RedisScript("redis.call('INCR', KEYS[1]); return redis.error_reply('MYCODE it went wrong')");
        var error = await Should.ThrowAsync<RedisServerException>(_redis.EvalAsync(script, ["failed"], []));
        error.Code.ShouldBe("MYCODE");
        (await _redis.GetStringAsync("failed")).ShouldBe("1");
    }
}
