using Speech.Redis;

namespace Speech.Supervisor;

/// <summary>What a person wants to know when all is up.</summary>
internal static class Summary
{
    public static async Task WriteAsync(TextWriter output, Plan plan, FleetSettings settings)
    {
        await output.WriteLineAsync("Speech is up:");
        foreach (var gateway in plan.Gateways)
            await output.WriteLineAsync($"  gateway  ws://{gateway.Address.Authority}/ws");
        await output.WriteLineAsync($"  redis    {RedisOptions.Parse(plan.RedisUrl)}");
        if (plan.Redis is { } redis)
            await output.WriteLineAsync(
                $"           REDISCLI_AUTH=$(cat {Shell(settings.RedisPasswordFile)}) redis-cli -p {redis.Address.Port}");
        await output.WriteLineAsync($"  logs     {settings.LogDirectory}");
        await output.WriteLineAsync("Ctrl-C stops all of it.");
        await output.FlushAsync();
    }

    private static string Shell(string path) =>
        path.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '/' or '.' or '-' or '_')
            ? path : $"'{path.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
