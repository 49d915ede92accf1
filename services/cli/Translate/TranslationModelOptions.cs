using System.CommandLine;
using Speech.Catalog;
using Speech.Cli.Models;
using Speech.Tensors;

namespace Speech.Cli.Translate;

/// <summary>Options of the commands that run a translation model in process.</summary>
internal static class TranslationModelOptions
{
    public static Option<string> Model() => new("--model")
    {
        Description = "A model's name or a folder in Hugging Face's form.",
        HelpName = "M",
        DefaultValueFactory = _ => TranslationCatalog.BuiltIn,
    };

    public static Option<string> Format() => Options.OneOf(
        "--dtype", "How weights are kept: auto is f32 for models that take little of this machine's memory, else int8.", "auto", "auto",
        "f32", "f16", "int8");

    /// <summary>The value of <see cref="Format"/>; null: the model's choice.</summary>
    public static WeightFormat? ParsedFormat(string? text) => text switch
    {
        "f32" => WeightFormat.Single,
        "f16" => WeightFormat.Half,
        "int8" => WeightFormat.Int8Rows,
        _ => null,
    };

    /// <summary>The folder of a model, downloaded with progress on standard error if it is a known one that is not here.</summary>
    /// <exception cref="IOException">It is not here and cannot be had; the message says what to do.</exception>
    public static async Task<string> FindAsync(string nameOrFolder, CancellationToken cancellationToken)
    {
        using var store = new ModelStore();
        return store.FindTranslation(nameOrFolder)
            ?? await PullProgress.ShowAsync(progress => store.GetTranslationAsync(nameOrFolder, progress, cancellationToken));
    }
}
