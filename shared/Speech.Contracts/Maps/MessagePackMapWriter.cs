using Speech.Contracts.MessagePack;

namespace Speech.Contracts.Maps;

internal ref struct MessagePackMapWriter(MessagePackWriter output) : IMapWriter
{
    private MessagePackWriter _output = output;

    public void BeginMap(int count) => _output.WriteMapHeader(count);

    public readonly void EndMap()
    {
    }

    public void Text(ReadOnlySpan<byte> name, string value)
    {
        _output.WriteUtf8(name);
        _output.WriteString(value);
    }

    public void Integer(ReadOnlySpan<byte> name, long value)
    {
        _output.WriteUtf8(name);
        _output.WriteInteger(value);
    }

    public void Number(ReadOnlySpan<byte> name, double value)
    {
        if (!double.IsFinite(value))
            throw new ArgumentException($"{value} is not a finite number", nameof(value));
        _output.WriteUtf8(name);
        _output.WriteDouble(value);
    }

    public void BeginArray(ReadOnlySpan<byte> name, int count)
    {
        _output.WriteUtf8(name);
        _output.WriteArrayHeader(count);
    }

    public void Item(string value) => _output.WriteString(value);

    public readonly void EndArray()
    {
    }
}
