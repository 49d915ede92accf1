using System.Diagnostics;
using System.Runtime.CompilerServices;
using Speech.Redis;
using StackExchange.Redis;

namespace Speech.EndToEnd.Tests.Support;

/// <summary>Waits for what other processes bring about, by asking again and again.</summary>
internal static class Until
{
    /// <summary>Far more than anything takes on a busy machine.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);

    public static Task TrueAsync(Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string what = "") =>
        TrueAsync(() => Task.FromResult(condition()), what);

    /// <summary>A Redis that cannot be reached just now is a no.</summary>
    public static async Task TrueAsync(Func<Task<bool>> condition, [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        for (var started = Stopwatch.StartNew(); !await HoldsAsync(); await Task.Delay(Interval))
        {
            if (started.Elapsed > Patience)
                throw new TimeoutException($"Waited {Patience.TotalSeconds} s in vain for: {what}");
        }

        async Task<bool> HoldsAsync()
        {
            try
            {
                return await condition();
            }
            catch (RedisConnectionException)
            {
                return false;
            }
        }
    }
}
