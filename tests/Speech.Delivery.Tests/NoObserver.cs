using Speech.Contracts.Server;
using Speech.Delivery.Jobs;

namespace Speech.Delivery.Tests;

/// <summary>For where nobody counts.</summary>
internal sealed class NoObserver : IJobObserver
{
    public void SegmentAccepted()
    {
    }

    public void ResultPublished(FinalResult result)
    {
    }
}
