using System.CommandLine;
using Speech.Contracts.Server;
using Speech.Delivery;
using Speech.Delivery.Dead;
using Speech.Hosting;
using Speech.Hosting.Settings;
using Speech.Redis;
using StackExchange.Redis;

namespace Speech.Cli.Dead;

/// <summary>Options of all `dead` commands.</summary>
internal static class DeadOptions
{
    private const string EveryStream = "all";

    public static Option<string?> RedisUrl() => new("--redis-url")
    {
        Description = "The Redis that has the jobs; left out: that of REDIS_URL, else that of the ./speech up that runs here, else redis://127.0.0.1:6379.",
        HelpName = "redis://…",
    };

    public static Option<string> Stream() =>
        Options.OneOf("--stream", "Only the jobs of one stream.", EveryStream, [EveryStream, .. DeadJobs.Streams]);

    public static Argument<string[]> Ids() => new("ID")
    {
        Description = "Ids as `dead list` shows them, or their beginnings.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    public static Option<bool> All() => new("--all") { Description = "All of them." };

    /// <summary>The streams that are meant, in every shard.</summary>
    /// <exception cref="FormatException">STREAM_SHARDS is wrong.</exception>
    public static IReadOnlyList<string> StreamsOf(string choice)
    {
        var shards = StreamShards.Parse(Installation.Settings().FindString("STREAM_SHARDS"));
        return [.. (choice == EveryStream ? DeadJobs.Streams : [choice])
            .SelectMany(stream => shards.All.Select(shard => shard.Stream(stream)))];
    }

    /// <summary>Runs a command against Redis, and says what went wrong with it.</summary>
    public static async Task<int> RunAsync(string? url, Func<DeadJobs, Task<int>> work, CancellationToken cancellationToken)
    {
        try
        {
            await using var redis = new RedisClient(QueueRedis.Find(url, "speech-dead"));
            return await work(new DeadJobs(redis));
        }
        catch (Exception e) when (e is FormatException or SettingsException)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return ExitCodes.Usage;
        }
        catch (RedisException e)
        {
            await Console.Error.WriteLineAsync($"{e.Message} Is this the right Redis? --redis-url or REDIS_URL names another one.");
            return ExitCodes.Failed;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return ExitCodes.Interrupted;
        }
    }
}
