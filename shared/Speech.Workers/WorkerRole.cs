using Speech.Delivery.Jobs;

namespace Speech.Workers;

/// <summary>A kind of worker.</summary>
/// <param name="Name">In heartbeats and in the names of workers, such as "stt".</param>
/// <param name="Jobs">What it works off.</param>
/// <param name="OtherStreams">What it reads besides, as a member of the same group.</param>
public sealed record WorkerRole(string Name, JobStream Jobs, IReadOnlyList<string> OtherStreams);
