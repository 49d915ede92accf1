namespace Speech.Supervisor;

internal static class ExitCodes
{
    /// <summary>Asked to stop, and every part ended by itself.</summary>
    public const int Stopped = 0;

    /// <summary>A part failed to start, or did not stop in time and was killed.</summary>
    public const int Failed = 1;

    public const int Usage = 2;

    /// <summary>Of a service: what it was told cannot be; started again, it would end again.</summary>
    public const int Settings = 2;
}
