namespace Speech.Cli;

/// <summary>Beside these: 128 and the number of the signal that ended it, 130 by Ctrl-C, 143 by SIGTERM.</summary>
internal static class ExitCodes
{
    public const int Ok = 0;

    /// <summary>Something, or some file, did not go well; standard error says what.</summary>
    public const int Failed = 1;

    public const int Usage = 2;

    /// <summary>Ended by Ctrl-C, as shells number it.</summary>
    public const int Interrupted = 130;

    /// <summary>Nobody reads standard output any more; as shells number an end by SIGPIPE.</summary>
    public const int OutputClosed = 141;
}
