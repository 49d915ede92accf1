using System.Buffers;
using System.Text;
using System.Text.Unicode;
using MessagePack;

namespace Speech.Contracts.MessagePack;

/// <summary>
/// The package's reader for hostile input (https://github.com/msgpack/msgpack/blob/master/spec.md): a length is held against its limit
/// before anything is taken, only the type that was asked for is accepted, and every error is a <see cref="MalformedMessageException"/>
/// with its place. Nothing is allocated but the strings asked for.
/// </summary>
/// <remarks>
/// The caller reads as deep as its own code goes; depth that the sender chooses occurs only in values that are skipped, and
/// <see cref="Skip()"/> goes at most <see cref="MaxDepth"/> levels down. (The package's own Skip recurses without an end.)
/// </remarks>
public ref struct CheckedReader
{
    /// <summary>How many arrays and maps may lie inside each other in a value that is skipped.</summary>
    public const int MaxDepth = 32;

    private MessagePackReader _reader;

    /// <param name="bytes">One whole message.</param>
    /// <param name="maxBytes">A longer message is refused.</param>
    public CheckedReader(ReadOnlyMemory<byte> bytes, int maxBytes = int.MaxValue)
    {
        if (bytes.Length > maxBytes)
            throw new MalformedMessageException($"message of {bytes.Length} bytes, allowed are {maxBytes}", 0);
        _reader = new MessagePackReader(bytes);
    }

    private delegate T Reading<out T>(ref MessagePackReader reader);

    /// <summary>Bytes read so far.</summary>
    public readonly int Offset => (int)_reader.Consumed;

    public readonly bool AtEnd => _reader.End;

    /// <summary>Steps over a nil; false (and nothing read) when the next value is something else.</summary>
    public bool TryReadNil()
    {
        _ = NextCode;
        return _reader.TryReadNil();
    }

    public bool ReadBoolean() => Read(MessagePackType.Boolean, "a boolean", static (ref reader) => reader.ReadBoolean());

    /// <summary>An integer of any width and sign that fits in 64 signed bits.</summary>
    public long ReadInt64() => Read(MessagePackType.Integer, "an integer", static (ref reader) => reader.ReadInt64());

    /// <summary>An integer of any width that fits in 32 signed bits.</summary>
    public int ReadInt32() => Read(MessagePackType.Integer, "an integer", static (ref reader) => reader.ReadInt32());

    /// <summary>A float of either width, or an integer (many encoders write 1.0 as 1). May be NaN or infinite.</summary>
    public double ReadDouble() => Read(
        NextType == MessagePackType.Integer ? MessagePackType.Integer : MessagePackType.Float, "a number", static (ref reader) =>
            reader.ReadDouble());

    /// <summary>A string's bytes as they lie in the message, not checked to be UTF-8: for comparing keys.</summary>
    public ReadOnlySpan<byte> ReadUtf8(int maxBytes)
    {
        Expect(MessagePackType.String, "a string");
        var start = Offset;
        try
        {
            if (!_reader.TryReadStringSpan(out var bytes))
                throw EndsEarly(start); // one piece of memory has no seams
            return bytes.Length <= maxBytes
                ? bytes
                : throw new MalformedMessageException($"string of {bytes.Length} bytes, allowed are {maxBytes}", start);
        }
        catch (Exception e) when (IsEarlyEnd(e))
        {
            throw EndsEarly(start);
        }
    }

    public string ReadString(int maxBytes)
    {
        var start = Offset;
        var bytes = ReadUtf8(maxBytes);
        return Utf8.IsValid(bytes)
            ? Encoding.UTF8.GetString(bytes)
            : throw new MalformedMessageException("a string that is not UTF-8", start);
    }

    /// <summary>Binary data as it lies in the message.</summary>
    public ReadOnlySpan<byte> ReadBinary(int maxBytes)
    {
        var start = Offset;
        var bytes = Read(MessagePackType.Binary, "binary data", static (ref reader) => reader.ReadBytes()!.Value);
        return bytes.Length <= maxBytes
            ? bytes.FirstSpan
            : throw new MalformedMessageException($"binary data of {bytes.Length} bytes, allowed are {maxBytes}", start);
    }

    /// <summary>The number of elements that follow; believed only when as many bytes are there.</summary>
    public int ReadArrayHeader(int maxCount = int.MaxValue) => Count(
        Read(MessagePackType.Array, "an array", static (ref reader) => reader.ReadArrayHeader()), maxCount, "array");

    /// <summary>The number of pairs (key, value) that follow; believed only when twice as many bytes are there.</summary>
    public int ReadMapHeader(int maxCount = int.MaxValue) => Count(
        Read(MessagePackType.Map, "a map", static (ref reader) => reader.ReadMapHeader()), maxCount, "map");

    /// <summary>Steps over one value of any type, with all that is inside it.</summary>
    public void Skip() => Skip(MaxDepth);

    /// <summary>Throws when anything follows the message.</summary>
    public readonly void ReadEnd()
    {
        if (!AtEnd)
            throw new MalformedMessageException($"{_reader.Sequence.Length - _reader.Consumed} bytes after the end of the message", Offset);
    }

    private readonly byte NextCode => AtEnd ? throw EndsEarly(Offset) : _reader.NextCode;

    private readonly MessagePackType NextType => MessagePackCode.ToMessagePackType(NextCode);

    private void Skip(int depth)
    {
        var start = Offset;
        switch (NextType)
        {
            case MessagePackType.Array:
                SkipValues(ReadArrayHeader(), depth, start);
                break;
            case MessagePackType.Map:
                SkipValues(2L * ReadMapHeader(), depth, start);
                break;
            case MessagePackType.Unknown:
                throw Unexpected("a value");
            case var scalar:
                Read(scalar, "a value", static (ref reader) =>
                {
                    reader.Skip();
                    return true;
                });
                break;
        }
    }

    private void SkipValues(long count, int depth, int start)
    {
        if (depth == 0)
            throw new MalformedMessageException($"values nested more than {MaxDepth} deep", start);
        for (; count > 0; count--)
            Skip(depth - 1);
    }

    private readonly void Expect(MessagePackType type, string expected)
    {
        if (NextType != type)
            throw Unexpected(expected);
    }

    private T Read<T>(MessagePackType type, string expected, Reading<T> read)
    {
        Expect(type, expected);
        var start = Offset;
        try
        {
            return read(ref _reader);
        }
        catch (Exception e) when (IsEarlyEnd(e))
        {
            throw EndsEarly(start);
        }
        catch (OverflowException)
        {
            throw new MalformedMessageException("the integer is too large", start);
        }
    }

    private readonly int Count(int count, int maxCount, string what) => count <= maxCount
        ? count
        : throw new MalformedMessageException($"{what} of {count} entries, allowed are {maxCount}", Offset);

    private readonly MalformedMessageException Unexpected(string expected) =>
        new($"expected {expected}, found {Describe(NextType)}", Offset);

    // A length of 2 GiB or more, which no message has, is a negative number to the package.
    private static bool IsEarlyEnd(Exception exception) => exception is EndOfStreamException or ArgumentOutOfRangeException;

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
