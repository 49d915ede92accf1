namespace Speech.Delivery.Jobs;

public enum EnqueueResult
{
    Added,

    /// <summary>It had been queued before, by a call whose reply was lost.</summary>
    AlreadyQueued,

    /// <summary>
    /// Its number is not the client's next one: another gateway has queued its own segment under this number, so the client has
    /// moved there; or another gateway has the client now; or a segment before it was never queued.
    /// </summary>
    OutOfOrder,

    /// <summary>Redis knows nothing any more of a client that the caller has.</summary>
    SessionLost,

    /// <summary>The stream has as many entries as the caller allows; nothing was changed.</summary>
    NoRoom,
}
