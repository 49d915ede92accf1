using Speech.Contracts.Server;

namespace Speech.Delivery.Jobs;

/// <summary>Is told what the scripts on Redis have achieved, by those who called them. Safe for all threads.</summary>
public interface IJobObserver
{
    /// <summary>A segment was brought into the queue.</summary>
    void SegmentAccepted();

    /// <summary>A result was the caller's, and no other's.</summary>
    void ResultPublished(FinalResult result);
}
