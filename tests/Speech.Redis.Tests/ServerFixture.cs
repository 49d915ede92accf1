namespace Speech.Redis.Tests;

/// <summary>One server for the tests of a class; each test uses keys of its own.</summary>
public sealed class ServerFixture : IAsyncLifetime
{
    public RedisServer Server { get; private set; } = null!;

    public RedisOptions Options => RedisOptions.Parse(Server.Url);

    public RedisClient Client { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Server = await RedisServer.StartAsync();
        Client = new RedisClient(Options);
    }

    public async Task DisposeAsync()
    {
        await Client.DisposeAsync();
        await Server.DisposeAsync();
    }
}
