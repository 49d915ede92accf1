namespace Speech.Contracts.Maps;

/// <summary>
/// A message is a map from names to values, in JSON or in MessagePack. This is what a message's own code sees of either while
/// it reads, so that each message lists its fields once. Implemented by two ref structs and used through generics: no boxing.
/// </summary>
internal interface IMapReader
{
    /// <summary>Enters a map; the value returned is the state for <see cref="NextField"/>.</summary>
    int BeginMap();

    /// <summary>Steps to the next field's value; false at the map's end.</summary>
    bool NextField(ref int state, out ReadOnlySpan<byte> name);

    /// <summary>Enters an array; the value returned is the state for <see cref="NextElement"/>.</summary>
    int BeginArray(int maxCount);

    bool NextElement(ref int state);

    /// <summary>True, and stepped over, when the value is null.</summary>
    bool TryReadNull();

    string ReadText(int maxBytes);

    long ReadInteger();

    /// <summary>A finite number.</summary>
    double ReadNumber();

    void Skip();

    /// <summary>Throws when anything follows the message.</summary>
    void ReadEnd();

    MalformedMessageException Error(string reason);
}
