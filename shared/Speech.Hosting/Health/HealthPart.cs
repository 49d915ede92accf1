using System.Text.Json.Nodes;

namespace Speech.Hosting.Health;

/// <summary>How one part of a service is.</summary>
/// <param name="State">Counts for the whole service.</param>
/// <param name="Details">Shown under the part's name, such as {"connected": true}; a new object each time.</param>
public readonly record struct HealthPart(HealthState State, JsonObject? Details = null);
