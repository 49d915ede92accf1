namespace Speech.Cli;

internal static class ExitCodes
{
    public const int Ok = 0;

    /// <summary>Something, or some file, did not go well; standard error says what.</summary>
    public const int Failed = 1;

    public const int Usage = 2;

    /// <summary>Ended by Ctrl-C, as shells number it.</summary>
    public const int Interrupted = 130;
}
