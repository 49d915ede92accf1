namespace Speech.Redis;

/// <summary>Why messages of a subscription may have been missed.</summary>
public enum SubscriptionGap
{
    /// <summary>The connection was lost; the channel is subscribed again, what was published in between did not arrive.</summary>
    Reconnected,

    /// <summary>The handler was too slow, its queue was full, and new messages were dropped.</summary>
    Overflow,
}
