using System.Text.Json;

namespace Speech.Tensors.Files;

/// <summary>
/// Hugging Face's index of a model in several files: <c>{"metadata": {…}, "weight_map": {"tensor": "model-00001-of-00002.safetensors",
/// …}}</c>. The files lie beside it; a name that would leave the folder is refused.
/// </summary>
public static class ShardIndex
{
    /// <summary>What an index's name ends with.</summary>
    public const string Extension = ".index.json";

    private const int MaximumShards = 1024;
    private const int MaximumBytes = 1 << 24;
    private const int MaximumDepth = 16;

    /// <summary>The names of the files, without a folder.</summary>
    /// <exception cref="ModelFileException">It is not such an index.</exception>
    public static IReadOnlyList<string> Files(string path) => [.. Read(path).Values.Distinct().Order(StringComparer.Ordinal)];

    /// <summary>The file of each tensor.</summary>
    internal static IReadOnlyDictionary<string, string> Read(string path)
    {
        using var file = MappedFile.Open(path);
        if (file.Length > MaximumBytes)
            throw new ModelFileException(path, $"it has {file.Length} bytes, more than an index of shards ever has.");

        // Of model.safetensors.index.json, .safetensors.
        var extension = Path.GetExtension(path[..^Extension.Length]);
        var shardOf = new Dictionary<string, string>(StringComparer.Ordinal);
        try
        {
            using var json = JsonDocument.Parse(
                file.Slice(0, (int)file.Length).ToArray(), new JsonDocumentOptions { MaxDepth = MaximumDepth });
            foreach (var entry in json.RootElement.GetProperty("weight_map").EnumerateObject())
            {
                var shard = entry.Value.GetString() ?? "";
                if (!IsPlainFileName(shard) || Path.GetExtension(shard) != extension)
                    throw new ModelFileException(path,
                        $"it says that this tensor is in '{shard}', which is not the name of a {extension} file beside it.", entry.Name);
                if (!shardOf.TryAdd(entry.Name, shard))
                    throw new ModelFileException(path, "it occurs twice; the index is damaged.", entry.Name);
            }
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new ModelFileException(
                path, $"it is not an index of shards with a weight_map of names ({e.Message}); download it again.", null, e);
        }

        var count = shardOf.Values.Distinct().Count();
        return count is > 0 and <= MaximumShards
            ? shardOf : throw new ModelFileException(path, $"it names {count} files, not 1 to {MaximumShards}; it is damaged.");
    }

    private static bool IsPlainFileName(string name) =>
        name.Length is > 0 and <= 255 && !name.StartsWith('.') && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_');
}
