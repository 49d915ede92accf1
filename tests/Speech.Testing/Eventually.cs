using Speech.Redis;
using StackExchange.Redis;

namespace Speech.Testing;

/// <summary>Waits for what another process or the network brings about and no event announces, by asking every few milliseconds.</summary>
public static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static Task TrueAsync(Func<bool> condition) => TrueAsync(() => Task.FromResult(condition()));

    public static async Task TrueAsync(Func<Task<bool>> condition)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!await condition())
            await Task.Delay(2, patience.Token);
    }

    /// <summary>Repeats a command until no connection is lost, or found silent, under it.</summary>
    public static async Task<T> ConnectedAsync<T>(Func<Task<T>> command)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            try
            {
                return await command();
            }
            catch (RedisConnectionException)
            {
                await Task.Delay(2, patience.Token);
            }
        }
    }
}
