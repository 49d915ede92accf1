namespace Speech.Contracts.Maps;

/// <summary>The writing side of <see cref="IMapReader"/>.</summary>
internal interface IMapWriter
{
    void BeginMap(int count);

    void EndMap();

    void Text(ReadOnlySpan<byte> name, string value);

    void Integer(ReadOnlySpan<byte> name, long value);

    /// <param name="name">The field.</param>
    /// <param name="value">Finite: JSON has no other numbers, and the formats carry the same messages.</param>
    void Number(ReadOnlySpan<byte> name, double value);

    void BeginArray(ReadOnlySpan<byte> name, int count);

    /// <summary>An array's element.</summary>
    void Item(string value);

    void EndArray();
}
