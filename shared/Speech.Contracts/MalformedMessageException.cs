namespace Speech.Contracts;

/// <summary>
/// Bytes from outside (a socket, Redis) that are not the message they should be. The only exception that the readers of this
/// project throw, whatever the input.
/// </summary>
public sealed class MalformedMessageException : FormatException
{
    public MalformedMessageException(string reason, long offset)
        : base($"{reason} (at byte {offset})")
    {
        Reason = reason;
        Offset = offset;
    }

    public MalformedMessageException(string reason, long offset, Exception inner)
        : base($"{reason} (at byte {offset})", inner)
    {
        Reason = reason;
        Offset = offset;
    }

    /// <summary>What is wrong, in words fit for the sender.</summary>
    public string Reason { get; }

    /// <summary>Where the reader stood, in bytes from the start of the message.</summary>
    public long Offset { get; }
}
