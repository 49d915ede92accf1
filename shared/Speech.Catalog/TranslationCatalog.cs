using Speech.Tensors;
using Speech.Tensors.Files;

namespace Speech.Catalog;

/// <summary>
/// The translation models known by name: the built-in one, and Meta's NLLB-200 and M2M100 on Hugging Face. A model is a folder with
/// configuration, tokenizer and weights; which of the four forms of weights a repository has (see <see cref="WeightFile.FileNames"/>) is
/// found out by asking.
/// </summary>
/// <remarks>
/// Each is taken at one revision of its repository, a commit, so that what a name means cannot change under us: those that public projects
/// which pin these models agree on.
/// </remarks>
public static class TranslationCatalog
{
    /// <summary>The model that comes with Speech.</summary>
    public const string BuiltIn = "nano-nllb";

    internal const string Organisation = "facebook";

    private static readonly string[] NllbFiles = ["config.json", "sentencepiece.bpe.model"];
    private static readonly string[] M2M100Files = [.. NllbFiles, "vocab.json"];

    public static IReadOnlyList<TranslationCatalogEntry> Entries { get; } =
    [
        new(BuiltIn, 5_048_920, NllbFiles)
        {
            IsBuiltIn = true,
            Sha256 = new Dictionary<string, string>
            {
                ["config.json"] = "3439d49dd4bfa30a2596147d40cc9031cf283fe92d1b90ad116896a859433886",
                ["generation_config.json"] = "0bb604cdb8392649176935a447ce994128f170a6908c135a17d0e3dfb8113cb2",
                ["model.safetensors"] = "fec28cf7ecce54a7dfd21bf07e19b69c3491297f43bdda2ad08a793698f3cfd1",
                ["sentencepiece.bpe.model"] = "95ee68e5e2554ec31daed84529e64c6ef8fbfacc5bff90f4feab40ce5abbb4d1",
                ["special_tokens_map.json"] = "992bd4ed610d644d6823081937bcc91bb8878dd556cea4ae5327f2480361330e",
                ["tokenizer_config.json"] = "368e4372db03914c2e10e963b809d204c70fa49ea9cd613359cce991d1d5c62f",
            },
        },
        new("nllb-200-distilled-600M", 2_460_000_000, NllbFiles) { Revision = "f8d333a098d19b4fd9a8b18f94170487ad3f821d" },
        new("nllb-200-distilled-1.3B", 5_480_000_000, NllbFiles) { Revision = "7be3e24664b38ce1cac29b8aeed6911aa0cf0576" },
        new("nllb-200-1.3B", 5_480_000_000, NllbFiles) { Revision = "b0de46b488af0cf31749cd8da5ed3171e11b2309" },
        new("nllb-200-3.3B", 13_380_000_000, NllbFiles) { Revision = "1a07f7d195896b2114afcb79b7b57ab512e7b43e" },
        new("m2m100_418M", 1_940_000_000, M2M100Files) { Revision = "55c2e61bbf05dfb8d7abccdc3fae6fc8512fd636" },
        new("m2m100_1.2B", 4_960_000_000, M2M100Files) { Revision = "7b36184180524c1a1bbfa37f120a608046250b98" },
    ];

    /// <summary>The entry of a name, with or without the organisation in front, or null.</summary>
    public static TranslationCatalogEntry? Entry(string name) =>
        Entries.FirstOrDefault(entry => entry.Name == name || (!entry.IsBuiltIn && entry.Repository == name));

    /// <summary>Whether a folder has all files that the model needs.</summary>
    internal static bool IsWhole(TranslationCatalogEntry entry, string folder) =>
        entry.RequiredFiles.All(file => File.Exists(Path.Combine(folder, file))) && WeightsOf(folder).Any();

    /// <summary>The names of the weight files of a folder, with their index if they are shards; empty if one is missing.</summary>
    internal static IReadOnlyList<string> WeightsOf(string folder)
    {
        var file = WeightFile.FileNames.FirstOrDefault(name => File.Exists(Path.Combine(folder, name)));
        if (file is null || !file.EndsWith(ShardIndex.Extension, StringComparison.Ordinal))
            return file is null ? [] : [file];
        try
        {
            var shards = ShardIndex.Files(Path.Combine(folder, file));
            return shards.All(shard => File.Exists(Path.Combine(folder, shard))) ? [file, .. shards] : [];
        }
        catch (ModelFileException)
        {
            // A damaged index is as good as none: whoever wants to download or load the model is told what is wrong with it.
            return [];
        }
    }
}
