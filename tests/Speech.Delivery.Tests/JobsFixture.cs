using Speech.Redis;

namespace Speech.Delivery.Tests;

/// <summary>One server for a class; its tests run one after the other, each in an empty database.</summary>
public sealed class JobsFixture : IAsyncLifetime
{
    public RedisServer Server { get; private set; } = null!;

    public async Task InitializeAsync() => Server = await RedisServer.StartAsync();

    public async Task DisposeAsync() => await Server.DisposeAsync();
}
