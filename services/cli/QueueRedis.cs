using Speech.Cli.Fleet;
using Speech.Hosting;
using Speech.Hosting.Settings;
using Speech.Redis;

namespace Speech.Cli;

/// <summary>
/// The Redis that has the jobs, found as the services find it: REDIS_URL and REDIS_PASSWORD, from the environment or .env.
/// </summary>
internal static class QueueRedis
{
    /// <param name="url">From the command line: goes before REDIS_URL.</param>
    /// <param name="clientName">Our name in Redis' CLIENT LIST.</param>
    /// <exception cref="SettingsException">The URL, or .env, is wrong.</exception>
    public static RedisOptions Find(string? url, string clientName)
    {
        var settings = Installation.Settings();
        if (url is null && settings.FindString("REDIS_URL") is null
            && FleetReport.TryRead(Path.Combine(Installation.Home(), ".run", "fleet.json")) is { } running
                && ProcessStatus.IsAlive(running.Pid))
            return RedisOptions.Parse(running.RedisUrl) with { ClientName = clientName };

        var options = RedisExtensions.ReadOptions(
            url is null ? settings : new EnvironmentSettings(name => name == "REDIS_URL" ? url : settings.FindSecret(name)), clientName,
            out var problem);
        return problem is null ? options : throw new SettingsException([problem]);
    }
}
