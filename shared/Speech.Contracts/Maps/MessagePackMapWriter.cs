using System.Buffers;
using MessagePack;
using Speech.Contracts.Client;

namespace Speech.Contracts.Maps;

/// <summary>Writes through the package's writer, each value in its shortest form. <see cref="Flush"/> comes last.</summary>
internal ref struct MessagePackMapWriter(IBufferWriter<byte> output) : IMapWriter
{
    private MessagePackWriter _output = new(output);

    public void BeginMap(int count) => _output.WriteMapHeader(count);

    public readonly void EndMap()
    {
    }

    public void Text(ReadOnlySpan<byte> name, string value)
    {
        _output.WriteString(name);
        _output.Write(value);
    }

    public void Integer(ReadOnlySpan<byte> name, long value)
    {
        _output.WriteString(name);
        _output.Write(value);
    }

    public void Number(ReadOnlySpan<byte> name, double value)
    {
        if (!double.IsFinite(value))
            throw new ArgumentException($"{value} is not a finite number", nameof(value));
        _output.WriteString(name);
        _output.Write(value);
    }

    public void BeginArray(ReadOnlySpan<byte> name, int count)
    {
        _output.WriteString(name);
        _output.WriteArrayHeader(count);
    }

    public void Item(string value) => _output.Write(value);

    public readonly void EndArray()
    {
    }

    public void Flush() => _output.Flush();
}
