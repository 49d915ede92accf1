namespace Speech.Contracts.Maps;

/// <summary>
/// Counts a map's own fields by letting the message write itself once into nothing: MessagePack wants the count before the
/// first field, and a number kept by hand in each message would sooner or later be wrong.
/// </summary>
internal struct FieldCounter : IMapWriter
{
    private int _depth;

    public int Count { get; private set; }

    public void BeginMap(int count) => _depth++;

    public void EndMap() => _depth--;

    public void Text(ReadOnlySpan<byte> name, string value) => CountOne();

    public void Integer(ReadOnlySpan<byte> name, long value) => CountOne();

    public void Number(ReadOnlySpan<byte> name, double value) => CountOne();

    public void BeginArray(ReadOnlySpan<byte> name, int count) => CountOne();

    public readonly void Item(string value)
    {
    }

    public readonly void EndArray()
    {
    }

    private void CountOne()
    {
        if (_depth == 0)
            Count++;
    }
}
