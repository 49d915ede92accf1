using Speech.Delivery.Heartbeats;

namespace Speech.Workers.Life;

/// <summary>Two workers that live share one name. The message is for whoever set them up.</summary>
internal sealed class WorkerIdTakenException(string workerId, NameHolder holder) : Exception(
    $"WORKER_ID is '{workerId}', which another worker that lives has ({holder}). Give each its own, or leave it out; for several ./speech up "
    + "on one Redis there is --worker-prefix");
