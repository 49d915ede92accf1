using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Speech.Tensors.Files;

namespace Speech.Tensors.Ggml;

/// <summary>A weight file in the format of whisper.cpp's converters ("ggml", before GGUF):
/// <code>
/// u32 magic 0x67676d6c, the model's own header, then tensor records until the end of the file:
///   i32 n_dims | i32 name length | i32 ggml_type | n_dims x i32 dims, fastest first | name | data
/// </code>
/// All little-endian, no alignment. The header has no length, so its parser is passed to <see cref="Open{THeader}"/>; it must leave the
/// cursor at the first record. Only headers are read when opening: the data of the tensors stays in the mapped file.</summary>
/// <remarks>Source: ggml-org/whisper.cpp, <c>whisper_model_load</c> and <c>models/convert-pt-to-ggml.py</c>.</remarks>
public sealed class GgmlFile : IDisposable
{
    public const uint Magic = 0x67676d6c;

    private const int MaximumDimensions = 4;
    private const int MaximumNameLength = 256;
    private const int MaximumTensors = 16384;

    private readonly MappedFile _file;
    private readonly Dictionary<string, GgmlTensor> _tensors = new(StringComparer.Ordinal);

    private GgmlFile(MappedFile file) => _file = file;

    public string Path => _file.Path;

    /// <summary>All tensors by name.</summary>
    public IReadOnlyDictionary<string, GgmlTensor> Tensors => _tensors;

    /// <exception cref="ModelFileException">The file has no tensor of this name.</exception>
    public GgmlTensor this[string name] => _tensors.TryGetValue(name, out var tensor)
        ? tensor
        : throw new ModelFileException(Path, "it is missing; the file is incomplete or of another model.", name);

    /// <summary>The tensor of this name, checked to have the shape that the model needs.</summary>
    /// <exception cref="ModelFileException">There is none, or its shape is another.</exception>
    public GgmlTensor Get(string name, params ReadOnlySpan<int> shape)
    {
        var tensor = this[name];
        return tensor.Shape.AsSpan().SequenceEqual(shape)
            ? tensor
            : throw new ModelFileException(
                Path,
                $"its shape is [{string.Join(", ", tensor.Shape)}], expected [{string.Join(", ", shape.ToArray())}]; "
                + "the header and the weights do not belong together.",
                name);
    }

    public bool TryGet(string name, [NotNullWhen(true)] out GgmlTensor? tensor) => _tensors.TryGetValue(name, out tensor);

    /// <summary>Maps the file, reads its header with <paramref name="readHeader"/> and indexes its tensors.</summary>
    /// <exception cref="ModelFileException">The file is missing or not a sound ggml file.</exception>
    public static GgmlFile Open<THeader>(string path, Func<GgmlReader, THeader> readHeader, out THeader header)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(readHeader);
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("ggml files are read in place, on little-endian machines only.");

        var file = new GgmlFile(MappedFile.Open(path));
        try
        {
            var reader = new GgmlReader(file._file);
            var magic = BinaryPrimitives.ReadUInt32LittleEndian(reader.ReadBytes(sizeof(uint), "the magic number"));
            if (magic != Magic)
            {
                throw reader.Error(
                    $"it begins with {magic:x8}, not with the magic number {Magic:x8}: it is not a ggml file "
                    + "(GGUF and safetensors are other formats); use a model converted for whisper.cpp.");
            }

            header = readHeader(reader);
            while (reader.Remaining > 0)
                file.Add(ReadRecord(reader, file._file));
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public void Dispose() => _file.Dispose();

    private void Add(GgmlTensor tensor)
    {
        if (!_tensors.TryAdd(tensor.Name, tensor))
            throw new ModelFileException(Path, "it occurs twice; the file is damaged.", tensor.Name);
        if (_tensors.Count > MaximumTensors)
            throw new ModelFileException(Path, $"it has more than {MaximumTensors} tensors; it is damaged or of another model.");
    }

    private static GgmlTensor ReadRecord(GgmlReader reader, MappedFile file)
    {
        var dimensions = reader.ReadInt32("a tensor's number of dimensions", 0, MaximumDimensions);
        var nameLength = reader.ReadInt32("the length of a tensor's name", 1, MaximumNameLength);
        var type = (GgmlType)reader.ReadInt32("a tensor's type");
        var shape = new int[dimensions];
        for (var i = dimensions - 1; i >= 0; i--)
            shape[i] = reader.ReadInt32("a tensor's dimensions");

        var nameBytes = reader.ReadBytes(nameLength, "a tensor's name");
        if (nameBytes.ContainsAnyExceptInRange((byte)' ', (byte)'~'))
            throw reader.Error($"the tensor name before byte {reader.Position} is not plain text; the file is damaged.");
        var name = Encoding.ASCII.GetString(nameBytes);

        if (!type.IsKnown)
        {
            throw reader.Error(
                $"its ggml type {(int)type} is not supported; convert the model to f16, q8_0, q5_0, q5_1, q4_0 or q4_1.", name);
        }

        var length = 1L;
        foreach (var dimension in shape)
        {
            if (dimension < 1 || (length *= dimension) > int.MaxValue)
                throw reader.Error($"its dimensions [{string.Join(", ", shape)}] are impossible; the file is damaged.", name);
        }

        var columns = dimensions == 0 ? 1 : shape[^1];
        if (columns % type.BlockLength != 0)
            throw reader.Error($"its rows of {columns} are not whole {type} blocks of {type.BlockLength}; the file is damaged.", name);

        var byteCount = type.Bytes(length);
        if (byteCount > int.MaxValue)
            throw reader.Error($"it has {byteCount} bytes, more than 2 GiB; convert the model to a smaller type.", name);
        if (byteCount > reader.Remaining)
        {
            throw reader.Error(
                $"the file ends inside its data ({byteCount} bytes wanted, {reader.Remaining} left); download it again.", name);
        }

        var tensor = new GgmlTensor(file, name, type, shape, (int)length, reader.Position, (int)byteCount);
        reader.Skip(byteCount);
        return tensor;
    }
}
