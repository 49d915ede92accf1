using System.Diagnostics.CodeAnalysis;
using Speech.Tensors.PyTorch;
using Speech.Tensors.Safetensors;

namespace Speech.Tensors.Files;

/// <summary>
/// The weights of a model as Hugging Face publishes them: one safetensors file, one PyTorch checkpoint, or a folder with either of them,
/// whole or in shards. Opening reads names, shapes and types and checks that all of them are sound; the data stays in the mapped files.
/// </summary>
public sealed class WeightFile : IDisposable
{
    /// <summary>What a folder is searched for, in this order.</summary>
    public static IReadOnlyList<string> FileNames { get; } =
        ["model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json"];

    private readonly List<MappedFile> _files = [];
    private readonly Dictionary<string, WeightTensor> _tensors = new(StringComparer.Ordinal);

    private WeightFile(string path) => Path = path;

    /// <summary>The file, or the index of the shards.</summary>
    public string Path { get; }

    /// <summary>All tensors by name. Several may have the same data.</summary>
    public IReadOnlyDictionary<string, WeightTensor> Tensors => _tensors;

    /// <exception cref="ModelFileException">The file has no tensor of this name.</exception>
    public WeightTensor this[string name] => _tensors.TryGetValue(name, out var tensor)
        ? tensor
        : throw new ModelFileException(Path, "it is missing; the file is incomplete or of another model.", name);

    /// <summary>The tensor of this name, checked to have the shape that the model needs.</summary>
    /// <exception cref="ModelFileException">There is none, or its shape is another.</exception>
    public WeightTensor Get(string name, params ReadOnlySpan<int> shape)
    {
        var tensor = this[name];
        return tensor.Shape.AsSpan().SequenceEqual(shape)
            ? tensor
            : throw new ModelFileException(
                tensor.Path,
                $"its shape is [{string.Join(", ", tensor.Shape)}], expected [{string.Join(", ", shape.ToArray())}]; "
                + "configuration and weights do not belong together.",
                name);
    }

    public bool TryGet(string name, [NotNullWhen(true)] out WeightTensor? tensor) => _tensors.TryGetValue(name, out tensor);

    /// <summary>Opens a weight file, an index of shards (<c>*.index.json</c>), or a folder that has either.</summary>
    /// <exception cref="ModelFileException">There is none, or it is not sound.</exception>
    public static WeightFile Open(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("Weight files are read in place, on little-endian machines only.");

        var found = Directory.Exists(path) ? InFolder(path) : path;
        var weights = new WeightFile(found);
        try
        {
            if (found.EndsWith(ShardIndex.Extension, StringComparison.Ordinal))
                weights.AddShards(ShardIndex.Read(found));
            else
                weights.Add(weights.ReadTensors(found));
            return weights;
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (var file in _files)
            file.Dispose();
    }

    private static string InFolder(string folder) =>
        FileNames.Select(name => System.IO.Path.Combine(folder, name)).FirstOrDefault(File.Exists)
        ?? throw new ModelFileException(
            folder, $"this folder has no weights: none of {string.Join(", ", FileNames)}; download the model again.");

    private void AddShards(IReadOnlyDictionary<string, string> shardOf)
    {
        var folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!;
        var shards = shardOf.GroupBy(entry => entry.Value, entry => entry.Key).ToList();
        foreach (var shard in shards)
        {
            var inShard = ReadTensors(System.IO.Path.Combine(folder, shard.Key))
                .ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
            Add(shard.Select(name => inShard.TryGetValue(name, out var tensor)
                ? tensor
                : throw new ModelFileException(
                    Path, $"it says that this tensor is in {shard.Key}, but it is not; download the model again.", name)));
        }
    }

    private void Add(IEnumerable<WeightTensor> tensors)
    {
        foreach (var tensor in tensors)
            _tensors.Add(tensor.Name, tensor);
    }

    private IReadOnlyList<WeightTensor> ReadTensors(string path)
    {
        var file = MappedFile.Open(path);
        _files.Add(file);
        return ZipCheckpoint.Recognises(file) ? ZipCheckpoint.Read(file)
            : LegacyCheckpoint.Recognises(file) ? LegacyCheckpoint.Read(file)
            : SafetensorsHeader.Read(file);
    }
}
