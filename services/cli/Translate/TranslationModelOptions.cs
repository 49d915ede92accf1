using System.CommandLine;
using Speech.Tensors;

namespace Speech.Cli.Translate;

/// <summary>Options of the commands that run a translation model in process.</summary>
internal static class TranslationModelOptions
{
    public const string BuiltIn = "nano-nllb";

    public static Option<string> Model() => new("--model")
    {
        Description = "A model's name or a folder in Hugging Face's form.",
        HelpName = "M",
        DefaultValueFactory = _ => BuiltIn,
    };

    public static Option<string> Format() => Accept(new Option<string>("--dtype")
    {
        Description = "How weights are kept: auto is f32 for models that take little of this machine's memory, else int8.",
        HelpName = "auto|f32|f16|int8",
        DefaultValueFactory = _ => "auto",
    });

    /// <summary>The value of <see cref="Format"/>; null: the model's choice.</summary>
    public static WeightFormat? ParsedFormat(string? text) => text switch
    {
        "f32" => WeightFormat.Single,
        "f16" => WeightFormat.Half,
        "int8" => WeightFormat.Int8Rows,
        _ => null,
    };

    /// <summary>The folder of a model.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    public static string Find(string nameOrFolder) =>
        nameOrFolder == BuiltIn && Installation.Find($"shared/models/{BuiltIn}") is { } builtIn ? builtIn
        : Directory.Exists(nameOrFolder) ? nameOrFolder
        : throw new FileNotFoundException($"There is no translation model '{nameOrFolder}': it is neither a folder nor a model's name.");

    private static Option<string> Accept(Option<string> option)
    {
        option.AcceptOnlyFromAmong("auto", "f32", "f16", "int8");
        return option;
    }
}
