using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Unicode;
using Speech.Tensors.Files;

namespace Speech.Tensors.Safetensors;

/// <summary>Reads the header of a safetensors file:
/// <code>
/// u64 N | N bytes of JSON, {"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [begin, end]}, …, "__metadata__": {…}} | data
/// </code>
/// All little-endian; offsets count from the beginning of the data. The tensors must fill the data without hole or overlap.</summary>
/// <remarks>Source: huggingface/safetensors, <c>README.md</c> and <c>tensor.rs</c>.</remarks>
internal static class SafetensorsHeader
{
    private const int MaximumHeaderBytes = 100_000_000;
    private const int MaximumTensors = 100_000;
    private const int MaximumDimensions = 16;
    private const int MaximumDepth = 8;

    /// <exception cref="ModelFileException">The file is not a sound safetensors file.</exception>
    public static IReadOnlyList<WeightTensor> Read(MappedFile file)
    {
        if (file.Length < sizeof(ulong))
            throw new ModelFileException(file.Path, "it is too short for a weight file; download it again.");
        var headerBytes = BinaryPrimitives.ReadUInt64LittleEndian(file.Slice(0, sizeof(ulong)));
        if (headerBytes is < 2 or > MaximumHeaderBytes)
        {
            throw new ModelFileException(
                file.Path, "it is neither a safetensors file nor a PyTorch checkpoint; use model.safetensors or pytorch_model.bin of a Hugging Face model.");
        }

        if ((long)headerBytes > file.Length - sizeof(ulong))
            throw new ModelFileException(file.Path, $"it ends inside its header of {headerBytes} bytes; download it again.");
        var header = file.Slice(sizeof(ulong), (int)headerBytes);
        if (header[0] != '{' || !Utf8.IsValid(header))
            throw new ModelFileException(
                file.Path, "its header is not JSON in UTF-8: it is not a safetensors file, or damaged; download it again.");

        List<Entry> entries;
        try
        {
            entries = ReadEntries(file.Path, header);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new ModelFileException(file.Path, $"its header is not sound JSON ({e.Message}); download it again.", null, e);
        }

        CheckLayout(file.Path, entries, file.Length - sizeof(ulong) - (long)headerBytes);
        var data = sizeof(ulong) + (long)headerBytes;
        return [.. entries.Select(
            entry => new WeightTensor(file, entry.Name, TypeOf(entry.Type), entry.Type, entry.Shape, strides: null, data + entry.Begin))];
    }

    private static List<Entry> ReadEntries(string path, ReadOnlySpan<byte> header)
    {
        var json = new Utf8JsonReader(header, new JsonReaderOptions { MaxDepth = MaximumDepth });
        var entries = new List<Entry>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        json.Read();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var name = json.GetString()!;
            if (!names.Add(name))
                throw new ModelFileException(path, "it occurs twice; the file is damaged.", name);
            if (names.Count > MaximumTensors)
                throw new ModelFileException(path, $"it has more than {MaximumTensors} tensors; it is damaged or of another kind.");
            json.Read();
            if (name == "__metadata__")
                json.Skip();
            else
                entries.Add(ReadEntry(path, name, ref json));
        }

        // Nothing but blanks may follow: the reader throws if anything does.
        json.Read();
        return entries;
    }

    private static Entry ReadEntry(string path, string name, ref Utf8JsonReader json)
    {
        string? type = null;
        long[]? shape = null, offsets = null;
        if (json.TokenType != JsonTokenType.StartObject)
            throw new ModelFileException(path, "the header says nothing of it; the file is damaged.", name);
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var (isType, isShape, isOffsets) =
                (json.ValueTextEquals("dtype"), json.ValueTextEquals("shape"), json.ValueTextEquals("data_offsets"));
            if ((isType && type is not null) || (isShape && shape is not null) || (isOffsets && offsets is not null))
                throw new ModelFileException(path, $"its {json.GetString()} occurs twice; the file is damaged.", name);
            json.Read();
            if (isType)
                type = json.GetString();
            else if (isShape)
                shape = ReadNumbers(path, name, ref json, MaximumDimensions);
            else if (isOffsets)
                offsets = ReadNumbers(path, name, ref json, 2);
            else
                json.Skip();
        }

        if (type is null || shape is null || offsets is not [var begin, var end])
            throw new ModelFileException(path, "the header lacks its dtype, shape or data_offsets; the file is damaged.", name);
        if (shape.Any(dimension => dimension > int.MaxValue))
            throw new ModelFileException(path, $"its shape [{string.Join(", ", shape)}] is impossible; the file is damaged.", name);
        var bits = BitsOf(type) ?? throw new ModelFileException(
            path, $"its type '{type}' is not known; use a file with float32, float16 or bfloat16 weights.", name);
        if (end < begin || shape.Aggregate((Int128)bits, Product) != (Int128)8 * (end - begin))
            throw new ModelFileException(
                path, $"its bytes {begin}..{end} are not those of {type} [{string.Join(", ", shape)}]; the file is damaged.", name);
        return new Entry(name, type, [.. shape.Select(dimension => (int)dimension)], begin, end);
    }

    /// <summary>Stays beyond any file's size once it is there, but for a factor of 0.</summary>
    private static Int128 Product(Int128 product, long dimension) =>
        product > (Int128)1 << 70 && dimension != 0 ? product : product * dimension;

    private static long[] ReadNumbers(string path, string name, ref Utf8JsonReader json, int maximum)
    {
        if (json.TokenType != JsonTokenType.StartArray)
            throw new ModelFileException(path, "its shape or data_offsets are no list; the file is damaged.", name);
        var numbers = new List<long>();
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (json.TokenType != JsonTokenType.Number || !json.TryGetInt64(out var number) || number < 0 || numbers.Count == maximum)
                throw new ModelFileException(path, "its shape or data_offsets are impossible; the file is damaged.", name);
            numbers.Add(number);
        }

        return [.. numbers];
    }

    private static void CheckLayout(string path, List<Entry> entries, long dataBytes)
    {
        var end = 0L;
        foreach (var entry in entries.OrderBy(entry => entry.Begin).ThenBy(entry => entry.End))
        {
            if (entry.Begin != end)
                throw new ModelFileException(
                    path, $"its data begins at {entry.Begin}, where {end} is expected; the file is damaged.", entry.Name);
            end = entry.End;
        }

        if (end != dataBytes)
            throw new ModelFileException(path, $"it has {dataBytes} bytes of data where its header speaks of {end}; download it again.");
    }

    private static ElementType TypeOf(string type) => type switch
    {
        "F32" => ElementType.Single,
        "F16" => ElementType.Half,
        "BF16" => ElementType.BFloat16,
        _ => ElementType.Other,
    };

    private static int? BitsOf(string type) => type switch
    {
        "F4" => 4,
        "F6_E2M3" or "F6_E3M2" => 6,
        "BOOL" or "U8" or "I8" or "F8_E5M2" or "F8_E4M3" or "F8_E8M0" or "F8_E4M3FNUZ" or "F8_E5M2FNUZ" => 8,
        "I16" or "U16" or "F16" or "BF16" => 16,
        "I32" or "U32" or "F32" => 32,
        "I64" or "U64" or "F64" or "C64" => 64,
        _ => null,
    };

    private sealed record Entry(string Name, string Type, int[] Shape, long Begin, long End);
}
