using System.CommandLine;
using Speech.Catalog;

namespace Speech.Cli.Models;

/// <summary>Options that say where models lie and come from; they go before the environment's.</summary>
internal static class StoreOptions
{
    public static Option<string?> ModelFolder() => new("--model-dir")
    {
        Description = "Downloaded models; left out: MODEL_DIR, or speech/models in the user's cache.",
        HelpName = "DIR",
    };

    public static Option<string?> BaseUrl() => new("--base-url")
    {
        Description = $"A mirror that has ggml-NAME.bin, and NAME/FILE of translation models; left out: MODEL_BASE_URL, or {ModelStoreOptions.DefaultBaseUrl} and HF_ENDPOINT.",
        HelpName = "URL",
    };

    public static Option<bool> Offline() => new("--offline") { Description = "Use only what is here (also MODEL_OFFLINE=1)." };

    /// <exception cref="FormatException">A URL or variable makes no sense.</exception>
    public static ModelStoreOptions From(string? modelFolder, string? baseUrl = null, bool offline = false)
    {
        var options = ModelStoreOptions.FromEnvironment();
        return options with
        {
            ModelFolder = modelFolder is null ? options.ModelFolder : Path.GetFullPath(modelFolder),
            BaseUrl = baseUrl is null ? options.BaseUrl : ModelStoreOptions.ParseBaseUrl(baseUrl),
            Offline = offline || options.Offline,
        };
    }
}
