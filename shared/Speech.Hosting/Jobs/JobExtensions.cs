using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Speech.Hosting.Metrics;

namespace Speech.Hosting;

public static class JobExtensions
{
    /// <summary>
    /// Adds Redis (<see cref="RedisExtensions.AddRedis"/>) and, as singletons, <see cref="AudioJobQueue"/>,
    /// <see cref="SessionStore"/>, <see cref="SessionHolds"/>, <see cref="HistoryReader"/> and <see cref="JobCompletion"/>.
    /// </summary>
    public static void AddJobs(this WebApplicationBuilder builder)
    {
        builder.AddRedis();
        builder.Services.AddSingleton(JobOptions.From(builder.Settings));
        builder.Services.AddSingleton<AudioJobQueue>();
        builder.Services.AddSingleton<SessionStore>();
        builder.Services.AddSingleton<SessionHolds>();
        builder.Services.AddSingleton<HistoryReader>();
        builder.Services.AddSingleton<JobCompletion>();
        builder.Services.AddSingleton<RedisFigures>();
        builder.Services.AddInstruments(RedisFigures.AddTo);
    }
}
