using System.CommandLine;
using Speech.Catalog;
using Speech.Cli.Models;
using Speech.Models.Whisper;

namespace Speech.Cli.Decode;

/// <summary>Options of the commands that run the engine in process.</summary>
internal static class ModelOptions
{
    public static Option<string> Model() => new("--model")
    {
        Description = "A model's name or the path of a ggml file.",
        HelpName = "M",
        DefaultValueFactory = _ => WhisperCatalog.BuiltIn,
    };

    public static Option<string> AudioContext() => new("--audio-context")
    {
        Description =
            "Encoder positions: full (30 s), auto (cut to the segment for models trained for it), or a number of 20 ms positions.",
        HelpName = "full|auto|N",
        DefaultValueFactory = _ => "auto",
        Validators =
        {
            result =>
            {
                if (!Speech.Models.Whisper.AudioContext.TryParse(result.GetValueOrDefault<string>(), out _))
                    result.AddError("--audio-context must be full, auto, or a number from 1 to 1500.");
            },
        },
    };

    /// <summary>The value of <see cref="AudioContext"/>, which its validator has let pass.</summary>
    public static AudioContext ParsedAudioContext(string? text) =>
        Speech.Models.Whisper.AudioContext.TryParse(text, out var context)
            ? context : throw new ArgumentException($"'{text}' is no audio context.");

    public static Option<int> Threads() => Options.Number("--threads", "N", "Threads that compute; 0: one per processor core.", 0, 0, 256);

    /// <summary>The file of a model, downloaded with progress on standard error if it is a known one that is not here.</summary>
    /// <exception cref="IOException">It is not here and cannot be had; the message says what to do.</exception>
    public static async Task<WhisperModelFile> FindAsync(string nameOrPath, CancellationToken cancellationToken)
    {
        using var store = new ModelStore();
        return store.Find(nameOrPath) ?? await PullProgress.ShowAsync(progress => store.GetAsync(nameOrPath, progress, cancellationToken));
    }
}
