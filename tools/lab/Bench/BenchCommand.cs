using System.CommandLine;

namespace Speech.Lab.Bench;

/// <summary>`bench`: measurements, one command each.</summary>
internal static class BenchCommand
{
    public static Command Create() => new("bench", "Measures parts of Speech, or all of it under load.")
    {
        ClientsBench.Create(),
        FairnessBench.Create(),
        WhisperBench.Create(),
        TranslationBench.Create(),
        KernelBench.Create(),
        SilenceBench.Create(),
        VadBench.Create(),
        SoakBench.Create(),
        RedisBench.Create(),
    };
}
