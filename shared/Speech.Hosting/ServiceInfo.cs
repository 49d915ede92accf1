using System.Reflection;

namespace Speech.Hosting;

/// <summary>Which program this is.</summary>
/// <param name="Name">As in logs and /health: "gateway", "stt_worker".</param>
public sealed record ServiceInfo(string Name, string Version, DateTimeOffset StartedAt)
{
    internal static ServiceInfo Create(string name, TimeProvider time)
    {
        var version = Assembly.GetEntryAssembly()?.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;
        return new ServiceInfo(name, version?.Split('+')[0] ?? "0", time.GetUtcNow());
    }
}
