namespace Speech.Delivery.Sessions;

/// <summary>What became of a gateway's step forward with a client.</summary>
public enum HoldResult
{
    Done,

    /// <summary>Another gateway has the client: nothing was changed, and nothing more will be accepted from this one.</summary>
    TakenOver,

    /// <summary>
    /// Redis knows nothing of the client any more: nothing was changed. <see cref="SessionHold.RestoreAsync"/> makes the session anew.
    /// </summary>
    Lost,

    /// <summary>The queue is as long as was allowed: nothing was changed; to be tried again.</summary>
    NoRoom,
}
