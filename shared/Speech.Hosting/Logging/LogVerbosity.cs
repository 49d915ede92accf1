namespace Speech.Hosting.Logging;

/// <summary>LOG_LEVEL: the least important messages that are printed.</summary>
public enum LogVerbosity
{
    Trace,
    Debug,
    Info,
    Warning,
    Error,
}
