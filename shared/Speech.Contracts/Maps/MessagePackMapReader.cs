using Speech.Contracts.MessagePack;

namespace Speech.Contracts.Maps;

internal ref struct MessagePackMapReader(CheckedReader input) : IMapReader
{
    private const int MaxNameBytes = 256;

    private CheckedReader _input = input;

    // The state of a map or array is the number of its entries that are still to come.
    public int BeginMap() => _input.ReadMapHeader();

    public bool NextField(ref int state, out ReadOnlySpan<byte> name)
    {
        if (state == 0)
        {
            name = default;
            return false;
        }
        state--;
        name = _input.ReadUtf8(MaxNameBytes);
        return true;
    }

    public int BeginArray(int maxCount) => _input.ReadArrayHeader(maxCount);

    public readonly bool NextElement(ref int state) => state-- > 0;

    public bool TryReadNull() => _input.TryReadNil();

    public string ReadText(int maxBytes) => _input.ReadString(maxBytes);

    public long ReadInteger() => _input.ReadInt64();

    public double ReadNumber()
    {
        var start = _input.Offset;
        var value = _input.ReadDouble();
        return double.IsFinite(value) ? value : throw new MalformedMessageException("a number that is not finite", start);
    }

    public void Skip() => _input.Skip();

    public readonly void ReadEnd() => _input.ReadEnd();

    public readonly MalformedMessageException Error(string reason) => new(reason, _input.Offset);
}
