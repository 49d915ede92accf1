using Speech.Redis;
using StackExchange.Redis;

namespace Speech.Testing;

/// <summary>One node of a cluster, spoken to alone: a client of it would find the others and ask those, too.</summary>
public sealed class LoneNode(RedisServer server, int busPort) : IAsyncDisposable
{
    private readonly RedisClient _client = new(RedisOptions.Parse(server.Url));

    public RedisServer Server => server;

    public int BusPort => busPort;

    public Task<RedisResult> ExecuteAsync(string command, params object[] arguments) =>
        _client.RunAsync(database => database.Multiplexer.GetServer("127.0.0.1", server.Port).ExecuteAsync(command, arguments));

    public async Task<string> InfoAsync(string section) => (string)(await ExecuteAsync("INFO", section))!;

    /// <summary>Whether this node says that a slot is its own.</summary>
    public async Task<bool> OwnsAsync(int slot)
    {
        var id = (string)(await ExecuteAsync("CLUSTER", "MYID"))!;
        return ((RedisResult[])(await ExecuteAsync("CLUSTER", "SLOTS"))!)
            .Any(range => (int)range[0] <= slot && slot <= (int)range[1] && (string?)range[2][2] == id);
    }

    /// <summary>Its name among the nodes.</summary>
    public async Task<string> IdAsync() => (string)(await ExecuteAsync("CLUSTER", "MYID"))!;

    public ValueTask DisposeAsync() => _client.DisposeAsync();
}
