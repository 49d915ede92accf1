using System.Text.Json;
using Speech.Supervisor.Parts;

namespace Speech.Supervisor;

/// <summary>
/// Tells other programs where the parts are, once all are up: replaced in one step, so that a reader sees all or nothing; written again
/// when a restart changed a process ID, and gone when we stop. Only its owner may read it, since a Redis URL can hold a password.
/// </summary>
internal sealed class ReadyFile(IReadOnlyList<string> paths, Plan plan) : IDisposable
{
    private static readonly JsonSerializerOptions Json =
        new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    private readonly Lock _lock = new();

    public void Write(IReadOnlyList<Part> parts)
    {
        var content = new
        {
            Pid = Environment.ProcessId,
            RedisUrl = plan.RedisPassword is { } password
                ? plan.RedisUrl.Replace("//", $"//:{Uri.EscapeDataString(password)}@", StringComparison.Ordinal) : plan.RedisUrl,
            Gateways = plan.Gateways.Select(gateway => Base(gateway.Address)).ToArray(),
            Workers = Entries(parts, plan.Workers),
            Parts = Entries(parts, [.. parts.Select(part => part.Spec)]),
        };
        lock (_lock)
        {
            foreach (var path in paths)
            {
                RedisSecrets.Write(path + ".partial", JsonSerializer.Serialize(content, Json));
                File.Move(path + ".partial", path, overwrite: true);
            }
        }
    }

    public void Dispose()
    {
        foreach (var path in paths)
            File.Delete(path);
    }

    private static Entry[] Entries(IReadOnlyList<Part> parts, IReadOnlyList<PartSpec> wanted) =>
        [.. parts.Where(part => wanted.Contains(part.Spec)).Select(part => new Entry(part.Name, part.ProcessId, Health(part.Spec)))];

    private static string? Health(PartSpec spec) => spec.Address.Scheme == "http" ? Base(spec.Address) + "/health" : null;

    private static string Base(Uri address) => address.GetLeftPart(UriPartial.Authority);

    private sealed record Entry(string Name, int Pid, string? Health);
}
