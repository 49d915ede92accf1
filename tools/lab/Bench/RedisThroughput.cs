using System.Diagnostics;
using Speech.Redis;

namespace Speech.Lab.Bench;

/// <summary>
/// How many commands a second our client gets through, measured the way <c>redis-benchmark -P 16 -t set,xadd</c> does: each of 50
/// connections sends 16 commands with 3-byte values, waits for all the replies, and begins again. And the same load over the one
/// connection that a service really has.
/// </summary>
public static class RedisThroughput
{
    private static readonly byte[] Value = "xxx"u8.ToArray();

    /// <param name="requests">Commands in all, for each test.</param>
    /// <param name="pipeline">Commands sent before waiting for replies.</param>
    /// <param name="connections">Connections; for the shared one, so many callers.</param>
    /// <param name="cancellationToken">Ends the measurement.</param>
    public static async Task<IReadOnlyList<(string Test, double OpsPerSecond)>> RunAsync(
        string url, int requests, int pipeline, int connections, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(requests, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(pipeline, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(connections, 1);
        var options = RedisOptions.Parse(url) with { ClientName = "bench" };
        var results = new List<(string, double)>();
        foreach (var shared in (bool[])[false, true])
        {
            var clients = Enumerable.Range(0, shared ? 1 : connections).Select(_ => new RedisClient(options)).ToArray();
            try
            {
                var setting = shared ? $"1 connection, {connections} callers" : $"{connections} connections";
                results.Add(($"SET, {setting}", await MeasureAsync(Set)));
                results.Add(($"XADD, {setting}", await MeasureAsync(Add)));
            }
            finally
            {
                await clients[0].KeyDeleteAsync("bench:key", CancellationToken.None);
                await clients[0].KeyDeleteAsync("bench:stream", CancellationToken.None);
                foreach (var client in clients)
                    await client.DisposeAsync();
            }

            async Task<double> MeasureAsync(Func<RedisClient, CancellationToken, Task> send)
            {
                // Connect, and let the just-in-time compiler see the code often enough, before the clock starts.
                await LoadAsync(Math.Max(requests / 4, 500_000), send);
                var started = Stopwatch.GetTimestamp();
                await LoadAsync(requests, send);
                return requests / Stopwatch.GetElapsedTime(started).TotalSeconds;
            }

            async Task LoadAsync(int count, Func<RedisClient, CancellationToken, Task> send)
            {
                var left = count;
                await Task.WhenAll(Enumerable.Range(0, connections).Select(caller => Task.Run(
                    async () =>
                    {
                        var client = clients[caller % clients.Length];
                        var sent = new Task[pipeline];
                        while (Interlocked.Add(ref left, -pipeline) > -pipeline)
                        {
                            for (var i = 0; i < pipeline; i++)
                                sent[i] = send(client, cancellationToken);
                            await sent[^1]; // replies come in order: the others are there by then
                            await Task.WhenAll(sent);
                        }
                    },
                    cancellationToken)));
            }
        }
        return results;

        static Task Set(RedisClient client, CancellationToken cancellationToken) =>
            client.SetAsync("bench:key", Value, cancellationToken: cancellationToken);

        static Task Add(RedisClient client, CancellationToken cancellationToken) =>
            client.StreamAddAsync("bench:stream", [new("myfield", Value)], cancellationToken: cancellationToken);
    }
}
