using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace Speech.Contracts.MessagePack;

// MessagePack (https://github.com/msgpack/msgpack/blob/master/spec.md): the first byte says what follows, big-endian.
//
//   00..7f  integer 0..127          c0  nil                       cc cd ce cf  unsigned 8 16 32 64 bit
//   80..8f  map of 0..15 pairs      c1  never used                d0 d1 d2 d3  signed 8 16 32 64 bit
//   90..9f  array of 0..15          c2 c3  false, true            d4 .. d8     extension of 1 2 4 8 16 bytes
//   a0..bf  string of 0..31 bytes   c4 c5 c6  binary, length 8 16 32    d9 da db  string, length 8 16 32
//   e0..ff  integer -32..-1         c7 c8 c9  extension, length …       dc dd     array, count 16 32
//                                   ca cb  float 32 64 bit              de df     map, count 16 32

/// <summary>
/// Reads MessagePack from a span, in one pass, without allocating anything but the strings asked for. Made for hostile input:
/// a length or count is believed only when that many bytes are really there (an element takes at least one byte, a pair two),
/// and every error is a <see cref="MalformedMessageException"/>.
/// </summary>
/// <remarks>
/// The caller reads as deep as its own code goes; depth that the sender chooses occurs only in values that are skipped, and
/// <see cref="Skip"/> goes at most <see cref="MaxDepth"/> levels down.
/// </remarks>
public ref struct MessagePackReader
{
    /// <summary>How many arrays and maps may lie inside each other in a value that is skipped.</summary>
    public const int MaxDepth = 32;

    private readonly ReadOnlySpan<byte> _bytes;
    private int _offset;

    /// <param name="bytes">One whole message.</param>
    /// <param name="maxBytes">A longer message is refused.</param>
    public MessagePackReader(ReadOnlySpan<byte> bytes, int maxBytes = int.MaxValue)
    {
        if (bytes.Length > maxBytes)
            throw new MalformedMessageException($"message of {bytes.Length} bytes, allowed are {maxBytes}", 0);
        _bytes = bytes;
    }

    /// <summary>Bytes read so far.</summary>
    public readonly int Offset => _offset;

    public readonly bool AtEnd => _offset == _bytes.Length;

    /// <summary>What the next value is. Throws at the end of the message.</summary>
    public readonly MessagePackType NextType => TypeOf(Peek());

    public void ReadNil()
    {
        if (!TryReadNil())
            throw Unexpected("nil");
    }

    /// <summary>Steps over a nil; false (and nothing read) when the next value is something else.</summary>
    public bool TryReadNil()
    {
        if (Peek() != 0xc0)
            return false;
        _offset++;
        return true;
    }

    public bool ReadBoolean()
    {
        var code = Peek();
        if (code is not (0xc2 or 0xc3))
            throw Unexpected("a boolean");
        _offset++;
        return code == 0xc3;
    }

    /// <summary>An integer of any width and sign that fits in 64 signed bits.</summary>
    public long ReadInt64()
    {
        var start = _offset;
        var code = Peek();
        if (TypeOf(code) != MessagePackType.Integer)
            throw Unexpected("an integer");
        _offset++;
        switch (code)
        {
            case 0xcc: return Take(1, start)[0];
            case 0xcd: return BinaryPrimitives.ReadUInt16BigEndian(Take(2, start));
            case 0xce: return BinaryPrimitives.ReadUInt32BigEndian(Take(4, start));
            case 0xcf:
                var value = BinaryPrimitives.ReadUInt64BigEndian(Take(8, start));
                return value <= long.MaxValue ? (long)value : throw new MalformedMessageException($"the integer {value} is too large", start);
            case 0xd0: return (sbyte)Take(1, start)[0];
            case 0xd1: return BinaryPrimitives.ReadInt16BigEndian(Take(2, start));
            case 0xd2: return BinaryPrimitives.ReadInt32BigEndian(Take(4, start));
            case 0xd3: return BinaryPrimitives.ReadInt64BigEndian(Take(8, start));
            default: return (sbyte)code; // both fixints: 00..7f and e0..ff are two's complement already
        }
    }

    /// <summary>An integer of any width that fits in 32 signed bits.</summary>
    public int ReadInt32()
    {
        var start = _offset;
        var value = ReadInt64();
        return value is >= int.MinValue and <= int.MaxValue
            ? (int)value
            : throw new MalformedMessageException($"the integer {value} is too large", start);
    }

    /// <summary>A float of either width, or an integer (many encoders write 1.0 as 1). May be NaN or infinite.</summary>
    public double ReadDouble()
    {
        var start = _offset;
        var code = Peek();
        switch (code)
        {
            case 0xca:
                _offset++;
                return BinaryPrimitives.ReadSingleBigEndian(Take(4, start));
            case 0xcb:
                _offset++;
                return BinaryPrimitives.ReadDoubleBigEndian(Take(8, start));
            case 0xcf:
                _offset++;
                return BinaryPrimitives.ReadUInt64BigEndian(Take(8, start));
            default:
                return TypeOf(code) == MessagePackType.Integer ? ReadInt64() : throw Unexpected("a number");
        }
    }

    /// <summary>A string's bytes as they lie in the message, not checked to be UTF-8: for comparing keys.</summary>
    public ReadOnlySpan<byte> ReadUtf8(int maxBytes)
    {
        var start = _offset;
        var code = Peek();
        if (TypeOf(code) != MessagePackType.String)
            throw Unexpected("a string");
        _offset++;
        var length = code switch { 0xd9 => Length8(start), 0xda => Length16(start), 0xdb => Length32(start), _ => code & 0x1f };
        return Payload(length, maxBytes, "string", start);
    }

    public string ReadString(int maxBytes)
    {
        var start = _offset;
        var bytes = ReadUtf8(maxBytes);
        return Utf8.IsValid(bytes)
            ? Encoding.UTF8.GetString(bytes)
            : throw new MalformedMessageException("a string that is not UTF-8", start);
    }

    /// <summary>Binary data as it lies in the message.</summary>
    public ReadOnlySpan<byte> ReadBinary(int maxBytes)
    {
        var start = _offset;
        var code = Peek();
        if (TypeOf(code) != MessagePackType.Binary)
            throw Unexpected("binary data");
        _offset++;
        var length = code switch { 0xc4 => Length8(start), 0xc5 => Length16(start), _ => Length32(start) };
        return Payload(length, maxBytes, "binary data", start);
    }

    /// <summary>The number of elements that follow.</summary>
    public int ReadArrayHeader(int maxCount = int.MaxValue)
    {
        var start = _offset;
        var code = Peek();
        if (TypeOf(code) != MessagePackType.Array)
            throw Unexpected("an array");
        _offset++;
        var count = code switch { 0xdc => Length16(start), 0xdd => Length32(start), _ => code & 0x0f };
        return Count(count, maxCount, bytesEach: 1, "array", start);
    }

    /// <summary>The number of pairs (key, value) that follow.</summary>
    public int ReadMapHeader(int maxCount = int.MaxValue)
    {
        var start = _offset;
        var code = Peek();
        if (TypeOf(code) != MessagePackType.Map)
            throw Unexpected("a map");
        _offset++;
        var count = code switch { 0xde => Length16(start), 0xdf => Length32(start), _ => code & 0x0f };
        return Count(count, maxCount, bytesEach: 2, "map", start);
    }

    /// <summary>Steps over one value of any type, with all that is inside it.</summary>
    public void Skip() => Skip(MaxDepth);

    /// <summary>Throws when anything follows the message.</summary>
    public readonly void ReadEnd()
    {
        if (!AtEnd)
            throw new MalformedMessageException($"{_bytes.Length - _offset} bytes after the end of the message", _offset);
    }

    private void Skip(int depth)
    {
        var start = _offset;
        switch (NextType)
        {
            case MessagePackType.Nil or MessagePackType.Boolean:
                _offset++;
                break;
            case MessagePackType.Integer or MessagePackType.Float:
                ReadDouble();
                break;
            case MessagePackType.String:
                ReadUtf8(int.MaxValue);
                break;
            case MessagePackType.Binary:
                ReadBinary(int.MaxValue);
                break;
            case MessagePackType.Extension:
                SkipExtension();
                break;
            case MessagePackType.Array:
                SkipValues(ReadArrayHeader(), depth, start);
                break;
            case MessagePackType.Map:
                SkipValues(2L * ReadMapHeader(), depth, start);
                break;
            default:
                throw Unexpected("a value");
        }
    }

    private void SkipValues(long count, int depth, int start)
    {
        if (depth == 0)
            throw new MalformedMessageException($"values nested more than {MaxDepth} deep", start);
        for (; count > 0; count--)
            Skip(depth - 1);
    }

    private void SkipExtension()
    {
        var start = _offset;
        var code = _bytes[_offset++];
        var length = code switch
        {
            0xc7 => Length8(start),
            0xc8 => Length16(start),
            0xc9 => Length32(start),
            _ => 1L << (code - 0xd4), // d4..d8: 1, 2, 4, 8, 16
        };
        Payload(length + 1, int.MaxValue, "extension", start); // one byte names the extension's type
    }

    private static MessagePackType TypeOf(byte code) => code switch
    {
        <= 0x7f or >= 0xe0 => MessagePackType.Integer,
        <= 0x8f => MessagePackType.Map,
        <= 0x9f => MessagePackType.Array,
        <= 0xbf => MessagePackType.String,
        0xc0 => MessagePackType.Nil,
        0xc1 => MessagePackType.Invalid,
        0xc2 or 0xc3 => MessagePackType.Boolean,
        0xc4 or 0xc5 or 0xc6 => MessagePackType.Binary,
        0xca or 0xcb => MessagePackType.Float,
        >= 0xcc and <= 0xd3 => MessagePackType.Integer,
        0xd9 or 0xda or 0xdb => MessagePackType.String,
        0xdc or 0xdd => MessagePackType.Array,
        0xde or 0xdf => MessagePackType.Map,
        _ => MessagePackType.Extension, // c7 c8 c9, d4..d8
    };

    private readonly byte Peek() => _offset < _bytes.Length ? _bytes[_offset] : throw EndsEarly(_offset);

    private long Length8(int start) => Take(1, start)[0];

    private long Length16(int start) => BinaryPrimitives.ReadUInt16BigEndian(Take(2, start));

    private long Length32(int start) => BinaryPrimitives.ReadUInt32BigEndian(Take(4, start));

    private ReadOnlySpan<byte> Take(int count, int start)
    {
        if (_bytes.Length - _offset < count)
            throw EndsEarly(start);
        var taken = _bytes.Slice(_offset, count);
        _offset += count;
        return taken;
    }

    private ReadOnlySpan<byte> Payload(long length, int maxBytes, string what, int start)
    {
        if (length > _bytes.Length - _offset)
            throw EndsEarly(start);
        return length <= maxBytes
            ? Take((int)length, start)
            : throw new MalformedMessageException($"{what} of {length} bytes, allowed are {maxBytes}", start);
    }

    private readonly int Count(long count, int maxCount, int bytesEach, string what, int start)
    {
        if (count * bytesEach > _bytes.Length - _offset)
            throw EndsEarly(start);
        return count <= maxCount
            ? (int)count
            : throw new MalformedMessageException($"{what} of {count} entries, allowed are {maxCount}", start);
    }

    private readonly MalformedMessageException Unexpected(string expected) =>
        new($"expected {expected}, found {Describe(TypeOf(Peek()))}", _offset);

    private static string Describe(MessagePackType type) => type switch
    {
        MessagePackType.Nil => "nil",
        MessagePackType.Boolean => "a boolean",
        MessagePackType.Integer => "an integer",
        MessagePackType.Float => "a float",
        MessagePackType.String => "a string",
        MessagePackType.Binary => "binary data",
        MessagePackType.Array => "an array",
        MessagePackType.Map => "a map",
        MessagePackType.Extension => "an extension",
        _ => "the unused code 0xc1",
    };

    private static MalformedMessageException EndsEarly(int offset) => new("the message ends in the middle of a value", offset);
}
