namespace Speech.Hosting.Logging;

/// <summary>LOG_FORMAT.</summary>
public enum LogFormat
{
    /// <summary>For people: time, level, service, message.</summary>
    Text,

    /// <summary>For machines: one JSON object a line.</summary>
    Json,
}
