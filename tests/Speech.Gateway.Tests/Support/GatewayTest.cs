using Speech.Contracts.Jobs;
using Speech.Delivery;
using Speech.Redis;

namespace Speech.Gateway.Tests.Support;

/// <summary>Tests against a Redis of their own.</summary>
public abstract class GatewayTest : IAsyncLifetime
{
    private RedisServer? _server;
    private RedisClient? _redis;

    private protected RedisServer Server => _server!;

    /// <summary>For looking into Redis, beside the gateway.</summary>
    private protected RedisClient Redis => _redis!;

    public async Task InitializeAsync()
    {
        _server = await RedisServer.StartAsync();
        _redis = Connect(_server);
    }

    public async Task DisposeAsync()
    {
        await Redis.DisposeAsync();
        await Server.DisposeAsync();
    }

    private static RedisClient Connect(RedisServer server) => new(RedisOptions.Parse(server.Url));

    private protected Task<RunningGateway> StartGatewayAsync(params string[] settings) =>
        RunningGateway.StartAsync(Server.Url, null, settings);

    /// <summary>The jobs in the queue.</summary>
    private protected async Task<AudioJob[]> QueuedAsync() =>
        [.. (await Redis.StreamRangeAsync(RedisKeys.AudioJobs)).Select(entry => AudioJob.Read(entry[AudioJobFields.Job]))];
}
