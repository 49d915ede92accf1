using Speech.Supervisor.Processes;
using Speech.Supervisor.Readiness;

namespace Speech.Supervisor.Parts;

/// <summary>
/// One process of the fleet: its name (also its log's), where it answers, how to start it, and how to know that it is ready.
/// </summary>
internal sealed record PartSpec(string Name, Uri Address, ChildCommand Command, Probe Probe);
