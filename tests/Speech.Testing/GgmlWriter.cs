using System.Text;
using Speech.Tensors.Ggml;

namespace Speech.Testing;

/// <summary>Writes ggml files for tests. The magic number comes first by itself; then the header, value by value, then tensors.</summary>
public sealed class GgmlWriter : IDisposable
{
    private readonly BinaryWriter _writer;

    public GgmlWriter(Stream stream)
    {
        _writer = new BinaryWriter(stream);
        _writer.Write(GgmlFile.Magic);
    }

    public void Write(int value) => _writer.Write(value);

    public void Write(ReadOnlySpan<byte> bytes) => _writer.Write(bytes);

    public void Write(ReadOnlySpan<float> values) => _writer.Write(GgmlQuantiser.Quantise(GgmlType.F32, values));

    /// <summary>A tensor of the given PyTorch shape, quantised here.</summary>
    public void WriteTensor(string name, GgmlType type, ReadOnlySpan<int> shape, ReadOnlySpan<float> values) =>
        WriteTensor(name, type, shape, GgmlQuantiser.Quantise(type, values));

    /// <summary>A tensor whose data is already in its type.</summary>
    public void WriteTensor(string name, GgmlType type, ReadOnlySpan<int> shape, ReadOnlySpan<byte> data)
    {
        _writer.Write(shape.Length);
        _writer.Write(Encoding.UTF8.GetByteCount(name));
        _writer.Write((int)type);
        for (var i = shape.Length - 1; i >= 0; i--)
            _writer.Write(shape[i]);
        _writer.Write(Encoding.UTF8.GetBytes(name));
        _writer.Write(data);
    }

    public void Dispose() => _writer.Dispose();
}
