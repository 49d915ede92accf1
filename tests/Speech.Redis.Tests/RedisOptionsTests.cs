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

    [Theory]
    [InlineData("", "redis://")]
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
    public void The_text_form_never_shows_the_password(string url)
    {
        var options = RedisOptions.Parse(url);
        options.ToString().ShouldNotContain("hunter2");
        $"{options with { Database = 4 }}".ShouldEndWith("/4");
    }

    [Theory]
    [InlineData("redis://ann:hunter2@host:port")]
    [InlineData("redis://ann:hunter2@")]
    [InlineData("redis://ann:hunter2@host/x")]
    public void Errors_never_show_the_password(string url) =>
        Should.Throw<FormatException>(() => RedisOptions.Parse(url)).Message.ShouldNotContain("hunter2");

    [Fact]
    public void Options_out_of_range_are_refused_by_name()
    {
        Should.Throw<ArgumentException>(() => new RedisClient(new RedisOptions { CommandTimeout = TimeSpan.Zero }))
            .Message.ShouldContain("CommandTimeout");
        Should.Throw<ArgumentException>(() => new RedisClient(new RedisOptions { ClientName = "two words" })).Message.ShouldContain("two words");
    }
}
