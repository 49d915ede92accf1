using System.Buffers.Binary;
using Speech.Tensors;

namespace Speech.Models.SentencePiece;

/// <summary>
/// A cursor over one protobuf message, as much of the format as model files need:
/// <code>
/// message = field*            field = key value         key = varint (number &lt;&lt; 3 | wire type)
/// varint  = 7 bits a byte, the lowest first, high bit set on all but the last, at most 10 bytes
/// value   = 0: varint | 1: 8 bytes | 2: varint length, then as many bytes (text, bytes, message) | 5: 4 bytes
/// </code>
/// Nothing is copied, and every length is held against what is left before it is used. A damaged file gives a
/// <see cref="ModelFileException"/> that names the byte. Source: protobuf.dev, "Encoding".
/// </summary>
internal ref struct ProtobufReader
{
    public const int Varint = 0;
    public const int LengthDelimited = 2;
    public const int Fixed32 = 5;

    private const int Fixed64 = 1;

    private readonly string _path;
    private readonly ReadOnlySpan<byte> _message;
    private readonly int _start;
    private int _position;

    public ProtobufReader(ReadOnlySpan<byte> file, string path)
        : this(file, path, 0)
    {
    }

    private ProtobufReader(ReadOnlySpan<byte> message, string path, int start)
    {
        _message = message;
        _path = path;
        _start = start;
    }

    /// <summary>Reads a field's key; false at the message's end. The value must be read, or skipped, before the next field.</summary>
    public bool TryReadField(out int number, out int wireType)
    {
        (number, wireType) = (0, 0);
        if (_position == _message.Length)
            return false;

        var key = ReadVarint();
        if (key is < 8 or > uint.MaxValue)
            throw Error($"{key} is no field's key");
        number = (int)(key >> 3);
        wireType = (int)(key & 7);
        return true;
    }

    public ulong ReadVarint()
    {
        var value = 0UL;
        for (var shift = 0; shift < 70; shift += 7)
        {
            if (_position == _message.Length)
                throw Error("it ends inside a number");
            var part = _message[_position++];
            value |= (ulong)(part & 0x7f) << shift;
            if (part < 0x80)
                return value;
        }

        throw Error("a number has more than 10 bytes");
    }

    public bool ReadBoolean() => ReadVarint() != 0;

    public float ReadSingle() => BinaryPrimitives.ReadSingleLittleEndian(Take(sizeof(float)));

    public ReadOnlySpan<byte> ReadBytes() => Take(ReadVarint());

    public ProtobufReader ReadMessage()
    {
        var message = ReadBytes();
        return new ProtobufReader(message, _path, _start + _position - message.Length);
    }

    public void Skip(int wireType)
    {
        switch (wireType)
        {
            case Varint:
                ReadVarint();
                break;
            case Fixed64:
                Take(sizeof(ulong));
                break;
            case LengthDelimited:
                ReadBytes();
                break;
            case Fixed32:
                Take(sizeof(uint));
                break;
            default:
                throw Error($"a value has the unknown wire type {wireType}");
        }
    }

    private ReadOnlySpan<byte> Take(ulong length)
    {
        if (length > (ulong)(_message.Length - _position))
            throw Error($"a value of {length} bytes is cut off after {_message.Length - _position}");
        var bytes = _message.Slice(_position, (int)length);
        _position += (int)length;
        return bytes;
    }

    private readonly ModelFileException Error(string problem) =>
        new(_path, $"{problem} (byte {_start + _position}); it is damaged or no SentencePiece model, download it again.");
}
