namespace Speech.Contracts.Sessions;

/// <summary>How the server's messages are written.</summary>
public enum MessageFormat
{
    /// <summary>Text frames.</summary>
    Json,

    /// <summary>Binary frames.</summary>
    MessagePack,
}
