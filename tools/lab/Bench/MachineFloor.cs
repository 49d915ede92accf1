using System.Text.Json.Serialization;

namespace Speech.Lab.Bench;

/// <summary>The machine's measured peaks.</summary>
internal sealed record MachineFloor(
    [property: JsonPropertyName("gflops")] double Gflops,
    [property: JsonPropertyName("gbps")] double Gbps);
