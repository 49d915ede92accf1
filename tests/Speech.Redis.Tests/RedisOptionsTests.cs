namespace Speech.Redis.Tests;

public class RedisOptionsTests
{
    [Theory]
    [InlineData("redis://localhost", "localhost", 6379, null, null, 0, false)]
    [InlineData("redis://localhost/", "localhost", 6379, null, null, 0, false)]
    [InlineData("rediss://cache.example:7000/3", "cache.example", 7000, null, null, 3, true)]
    [InlineData("REDIS://10.0.0.1:1/15/", "10.0.0.1", 1, null, null, 15, false)]
    [InlineData("redis://:secret@host", "host", 6379, null, "secret", 0, false)]
    [InlineData("redis://secret@host", "host", 6379, null, "secret", 0, false)]
    [InlineData("redis://ann:s%40c%2Fret@host:6380/1", "host", 6380, "ann", "s@c/ret", 1, false)]
    [InlineData("redis://ann:p@ss:w/rd@host", "host", 6379, "ann", "p@ss:w/rd", 0, false)]
    [InlineData("redis://[::1]:6380/2", "::1", 6380, null, null, 2, false)]
    [InlineData("redis://[fe80::1]", "fe80::1", 6379, null, null, 0, false)]
    public void A_url_says_where_and_as_whom(
        string url, string host, int port, string? username, string? password, int database, bool useTls)
    {
        var options = RedisOptions.Parse(url);
        (options.Host, options.Port, options.Username, options.Password, options.Database, options.UseTls)
            .ShouldBe((host, port, username, password, database, useTls));
    }

    [Fact]
    public void A_url_names_sentinels_and_their_master()
    {
        var options = RedisOptions.Parse(
            "redis+sentinel://ann:pw@a:1,b,[::1]:3/my%20master/2?sentinel_username=bob&sentinel_password=s%40p");
        (options.Deployment, options.UseTls, options.Username, options.Password, options.Database, options.MasterName)
            .ShouldBe((RedisDeployment.Sentinel, false, "ann", "pw", 2, "my master"));
        options.Seeds.ShouldBe([new("a", 1), new("b", 26379), new("::1", 3)]);
        (options.SentinelUsername, options.SentinelPassword).ShouldBe(("bob", "s@p"));
        options.ToString().ShouldBe("redis+sentinel://ann:***@a:1,b:26379,[::1]:3/my master/2?sentinel_password=***");
        RedisOptions.Parse("rediss+sentinel://a/m").UseTls.ShouldBeTrue();
    }

    [Fact]
    public void A_url_names_nodes_of_a_cluster()
    {
        var options = RedisOptions.Parse("rediss+cluster://:pw@a:7000,b,a:7000/");
        (options.Deployment, options.UseTls, options.Password).ShouldBe((RedisDeployment.Cluster, true, "pw"));
        options.Seeds.ShouldBe([new("a", 7000), new("b", 6379)]);
        options.ToString().ShouldBe("rediss+cluster://:***@a:7000,b:6379");
    }

    [Theory]
    [InlineData("", "redis://")]
    [InlineData("redis+sentinel://a:1", "master name")]
    [InlineData("redis+sentinel://a:1/", "master name")]
    [InlineData("redis+sentinel://a:1,/m", "host")]
    [InlineData("redis+sentinel://a:1/m/x", "database")]
    [InlineData("redis+sentinel://a:1/m/0/more", "master name")]
    [InlineData("redis+sentinel://a:1/m?sentinel_pass=x", "sentinel_password")]
    [InlineData("redis+sentinel://a:1/m?sentinel_password=", "sentinel_password")]
    [InlineData("redis+sentinel://a:1/m?sentinel_username=x", "sentinel_username")]
    [InlineData("redis+cluster://a:1/3", "only one")]
    [InlineData("redis+cluster://a:1?sentinel_password=x", "?")]
    [InlineData("redis+other://a:1", "redis+cluster://")]
    [InlineData("redis://a:1,b:2", "port")]
    [InlineData("redis://a:1/0/more", "database")]
    [InlineData("localhost:6379", "redis://")]
    [InlineData("http://host", "redis://")]
    [InlineData("redis://", "host")]
    [InlineData("redis://:6379", "host")]
    [InlineData("redis://host:port", "port")]
    [InlineData("redis://host:0", "port")]
    [InlineData("redis://host:65536", "port")]
    [InlineData("redis://host/one", "database")]
    [InlineData("redis://host/-1", "database")]
    [InlineData("redis://host/0?db=1", "?")]
    [InlineData("redis://[::1", "]")]
    [InlineData("redis://[::1]6379", "port")]
    [InlineData("redis://user:@host", "password")]
    public void A_wrong_url_is_refused_with_what_is_wrong(string url, string hint) =>
        Should.Throw<FormatException>(() => RedisOptions.Parse(url)).Message.ShouldContain(hint);

    [Theory]
    [InlineData("redis://ann:hunter2@host:6380/1")]
    [InlineData("redis://:hunter2@host")]
    [InlineData("redis://hunter2@host")]
    [InlineData("redis+cluster://ann:hunter2@host")]
    public void The_text_form_never_shows_the_password(string url)
    {
        var options = RedisOptions.Parse(url);
        options.ToString().ShouldNotContain("hunter2");
        $"{options with { Username = "bob" }}".ShouldNotContain("hunter2");
    }

    [Theory]
    [InlineData("redis://ann:hunter2@host:port")]
    [InlineData("redis://ann:hunter2@")]
    [InlineData("redis://ann:hunter2@host/x")]
    [InlineData("redis+sentinel://ann:hunter2@host")]
    [InlineData("redis+sentinel://host/m?sentinel_pass=hunter2")]
    [InlineData("redis+cluster://ann:hunter2@host/7")]
    public void Errors_never_show_the_password(string url) =>
        Should.Throw<FormatException>(() => RedisOptions.Parse(url)).Message.ShouldNotContain("hunter2");

    [Fact]
    public void Options_out_of_range_are_refused_by_name()
    {
        Should.Throw<ArgumentException>(() => new RedisClient(new RedisOptions { CommandTimeout = TimeSpan.Zero }))
            .Message.ShouldContain("CommandTimeout");
        Should.Throw<ArgumentException>(() => new RedisClient(new RedisOptions { ClientName = "two words" })).Message
            .ShouldContain("two words");
    }
}
