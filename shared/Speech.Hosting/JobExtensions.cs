using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Speech.Delivery;
using Speech.Delivery.Heartbeats;
using Speech.Delivery.Jobs;
using Speech.Delivery.Sessions;
using Speech.Hosting.Metrics;
using Speech.Hosting.Settings;
using Speech.Redis;

namespace Speech.Hosting;

public static class JobExtensions
{
    /// <summary>
    /// Adds Redis (<see cref="RedisExtensions.AddRedis"/>) and, as singletons, <see cref="AudioJobQueue"/>,
    /// <see cref="SessionStore"/>, <see cref="SessionHolds"/>, <see cref="HistoryReader"/>, <see cref="JobCompletion"/>,
    /// <see cref="LostJobs"/>, <see cref="HeartbeatStore"/> and <see cref="LiveWorkers"/>.
    /// </summary>
    public static void AddJobs(this WebApplicationBuilder builder)
    {
        var redis = builder.AddRedis();
        var options = ReadOptions(builder.Settings);
        if (redis.Deployment == RedisDeployment.Cluster && options.Shards.All.Count == 1)
        {
            builder.Settings.Report(
                "STREAM_SHARDS must be above 1 with a Redis Cluster, so that each script finds its keys on one node; 16 does for three nodes.");
        }
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton<AudioJobQueue>();
        builder.Services.AddSingleton<SessionStore>();
        builder.Services.AddSingleton<SessionHolds>();
        builder.Services.AddSingleton<HistoryReader>();
        builder.Services.AddSingleton<JobCompletion>();
        builder.Services.AddSingleton<LostJobs>();
        builder.Services.AddSingleton<HeartbeatStore>();
        builder.Services.AddSingleton<LiveWorkers>();
        builder.Services.AddSingleton<RedisFigures>();
        builder.Services.AddSingleton<JobInstruments>();
        builder.Services.AddSingleton<IJobObserver>(services => services.GetRequiredService<JobInstruments>());
        builder.Services.AddInstruments((services, instruments) =>
        {
            services.GetRequiredService<JobInstruments>(); // which shows itself from its making on
            instruments.Observe(services.GetRequiredService<RedisFigures>().RefreshAsync);
        });
    }

    private static JobOptions ReadOptions(EnvironmentSettings settings) => new()
    {
        HistoryTtl = TimeSpan.FromSeconds(settings.GetInt("HISTORY_TTL_SECONDS", 3600, min: 1, max: 30 * 24 * 3600)),
        MaxDeadBytes = (long)settings.GetInt("MAX_DEAD_MB", 64, min: 1, max: 1 << 20) << 20,
        Shards = new StreamShards(settings.GetInt("STREAM_SHARDS", 1, min: 1, max: StreamShards.Most)),
    };
}
