namespace Speech.Catalog;

/// <summary>A translation model that <c>TRANSLATION_MODEL</c> can name: a folder of files as Hugging Face has them.</summary>
/// <param name="Name">Such as <c>nllb-200-distilled-600M</c>: of the folder, and of the repository.</param>
/// <param name="Bytes">About what its weights take, as floats.</param>
/// <param name="RequiredFiles">Without which there is no model, besides the weights.</param>
public sealed record TranslationCatalogEntry(string Name, long Bytes, IReadOnlyList<string> RequiredFiles)
{
    /// <summary>Files that a repository may lack.</summary>
    public static IReadOnlyList<string> OptionalFiles { get; } =
        ["generation_config.json", "tokenizer_config.json", "special_tokens_map.json"];

    /// <summary>On the hub.</summary>
    public string Repository => $"{TranslationCatalog.Organisation}/{Name}";

    /// <summary>The commit of the repository that is taken; of the built-in model: none.</summary>
    public string Revision { get; init; } = "";

    /// <summary>Comes with Speech and cannot be downloaded.</summary>
    public bool IsBuiltIn { get; init; }

    /// <summary>Of files that never change, by their names; of the others the server says it, and it is recorded at the download.</summary>
    public IReadOnlyDictionary<string, string> Sha256 { get; init; } = new Dictionary<string, string>();
}
