using System.Text.Json;
using Speech.Tensors;

namespace Speech.Models.Nllb;

/// <summary>An M2M100 model's <c>vocab.json</c>: a map from pieces to ids, 0, 1, 2 and so on.</summary>
internal sealed class M2M100Vocabulary
{
    /// <summary>Seven times M2M100-418M's.</summary>
    private const int MaximumFileLength = 32 << 20;

    private readonly string _path;
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);

    private M2M100Vocabulary(string path) => _path = path;

    public int Count => _ids.Count;

    /// <exception cref="ModelFileException">The file is missing, damaged, or no such map.</exception>
    public static M2M100Vocabulary Load(string path)
    {
        var vocabulary = new M2M100Vocabulary(path);
        try
        {
            vocabulary.Read(ModelFolderFile.Read(path, MaximumFileLength));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new ModelFileException(path, $"it is not JSON ({e.Message}); download it again.", null, e);
        }

        vocabulary.CheckIds();
        return vocabulary;
    }

    /// <summary>The id of a piece, or null.</summary>
    public int? Find(string piece) => _ids.TryGetValue(piece, out var id) ? id : null;

    /// <exception cref="ModelFileException">There is no such piece.</exception>
    public int Special(string piece) =>
        Find(piece) ?? throw new ModelFileException(_path, $"it has no {piece}; it belongs to another model.");

    private void Read(ReadOnlySpan<byte> file)
    {
        var reader = new Utf8JsonReader(file);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            throw NoMap();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var piece = reader.GetString()!;
            if (!reader.Read() || reader.TokenType != JsonTokenType.Number || !reader.TryGetInt32(out var id))
                throw NoMap();
            if (!_ids.TryAdd(piece, id))
                throw new ModelFileException(_path, $"it has '{piece}' twice; it is damaged, download it again.");
        }

        // Whatever follows the map is an error of the reader's.
        reader.Read();
    }

    private void CheckIds()
    {
        var isUsed = new bool[Count];
        foreach (var (piece, id) in _ids)
        {
            if (id < 0 || id >= Count || isUsed[id])
                throw new ModelFileException(
                    _path, $"'{piece}' has the id {id}, expected all of 0..{Count - 1} once; it is damaged, download it again.");
            isUsed[id] = true;
        }
    }

    private ModelFileException NoMap() => new(_path, "it is not a map from pieces to ids; it belongs to another model.");
}
