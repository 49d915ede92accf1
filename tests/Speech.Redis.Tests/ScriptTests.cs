using StackExchange.Redis;

namespace Speech.Redis.Tests;

public class ScriptTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private readonly RedisClient _redis = fixture.Client;

    [Fact]
    public async Task A_script_runs_with_its_keys_and_arguments()
    {
        var script = new RedisScript("redis.call('SET', KEYS[1], ARGV[1]); return {KEYS[1], ARGV[1], #ARGV}");
        var reply = await _redis.EvalAsync(script, ["scripted"], [new byte[] { 1, 2 }, "second"]);
        ((long)reply[2]).ShouldBe(2);
        ((byte[]?)await _redis.GetAsync("scripted")).ShouldBe([1, 2]);
    }

    [Fact]
    public async Task Numbers_reach_a_script_as_they_are()
    {
        var script = new RedisScript("return {ARGV[1], ARGV[2], ARGV[3]}");
        foreach (var number in (double[])[0.1 + 0.2, 1e300, -1.5, 3, 123456789.123])
        {
            var reply = await _redis.EvalAsync(script, [], [number, 7L, (int)-3]);
            double.Parse((string)reply[0]!, System.Globalization.CultureInfo.InvariantCulture).ShouldBe(number);
            ((string?)reply[1], (string?)reply[2]).ShouldBe(("7", "-3"));
        }
    }

    [Fact]
    public async Task A_server_that_forgot_a_script_is_taught_it_again()
    {
        var script = new RedisScript("return redis.call('INCR', KEYS[1])");
        for (var i = 1; i <= 3; i++)
        {
            ((long)await _redis.EvalAsync(script, ["counted"], [])).ShouldBe(2 * i - 1);
            await _redis.ExecuteAsync("SCRIPT", "FLUSH");
            ((long)await _redis.EvalAsync(script, ["counted"], [])).ShouldBe(2 * i);
        }
    }

    [Fact]
    public async Task A_script_s_own_error_is_not_tried_again()
    {
        var script = new RedisScript("redis.call('INCR', KEYS[1]); return redis.error_reply('MYCODE it went wrong')");
        var error = await Should.ThrowAsync<RedisServerException>(_redis.EvalAsync(script, ["failed"], []));
        error.Code.ShouldBe("MYCODE");
        ((string?)await _redis.GetAsync("failed")).ShouldBe("1");
    }
}
