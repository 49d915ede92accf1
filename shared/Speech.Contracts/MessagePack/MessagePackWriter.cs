using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Speech.Contracts.MessagePack;

/// <summary>
/// Writes MessagePack, each value in its shortest form, into a buffer writer (which grows) or a span (which does not).
/// Nothing is buffered: what has been written is in the output at once. See <see cref="MessagePackReader"/> for the format.
/// </summary>
/// <remarks>
/// The caller writes as many elements after a header as it announced; a float is always 64 bits wide; a lone surrogate in a
/// string becomes U+FFFD, since UTF-8 cannot express it.
/// </remarks>
public ref struct MessagePackWriter
{
    private readonly IBufferWriter<byte>? _output;
    private readonly Span<byte> _span;
    private int _written;

    public MessagePackWriter(IBufferWriter<byte> output) => _output = output;

    /// <param name="output">Must hold all that is written; an <see cref="ArgumentException"/> says when it does not.</param>
    public MessagePackWriter(Span<byte> output) => _span = output;

    /// <summary>Bytes written so far.</summary>
    public readonly int Written => _written;

    public void WriteNil() => WriteByte(0xc0);

    public void WriteBoolean(bool value) => WriteByte(value ? (byte)0xc3 : (byte)0xc2);

    public void WriteInteger(long value)
    {
        switch (value)
        {
            case >= -32 and <= 127:
                WriteByte((byte)value);
                break;
            case >= 0 and <= byte.MaxValue:
                WriteHeader8(0xcc, (byte)value);
                break;
            case >= 0 and <= ushort.MaxValue:
                WriteHeader16(0xcd, (ushort)value);
                break;
            case >= 0 and <= uint.MaxValue:
                WriteHeader32(0xce, (uint)value);
                break;
            case >= 0:
                WriteHeader64(0xcf, (ulong)value);
                break;
            case >= sbyte.MinValue:
                WriteHeader8(0xd0, (byte)value);
                break;
            case >= short.MinValue:
                WriteHeader16(0xd1, (ushort)value);
                break;
            case >= int.MinValue:
                WriteHeader32(0xd2, (uint)value);
                break;
            default:
                WriteHeader64(0xd3, (ulong)value);
                break;
        }
    }

    public void WriteDouble(double value) => WriteHeader64(0xcb, BitConverter.DoubleToUInt64Bits(value));

    public void WriteString(ReadOnlySpan<char> value)
    {
        var length = Encoding.UTF8.GetByteCount(value);
        WriteStringHeader(length);
        Encoding.UTF8.GetBytes(value, Reserve(length));
        Advance(length);
    }

    /// <summary>A string whose UTF-8 bytes are at hand.</summary>
    public void WriteUtf8(ReadOnlySpan<byte> value)
    {
        WriteStringHeader(value.Length);
        WriteRaw(value);
    }

    public void WriteBinary(ReadOnlySpan<byte> value)
    {
        if (value.Length <= byte.MaxValue)
            WriteHeader8(0xc4, (byte)value.Length);
        else if (value.Length <= ushort.MaxValue)
            WriteHeader16(0xc5, (ushort)value.Length);
        else
            WriteHeader32(0xc6, (uint)value.Length);
        WriteRaw(value);
    }

    public void WriteArrayHeader(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (count <= 15)
            WriteByte((byte)(0x90 | count));
        else if (count <= ushort.MaxValue)
            WriteHeader16(0xdc, (ushort)count);
        else
            WriteHeader32(0xdd, (uint)count);
    }

    /// <param name="count">Pairs (key, value).</param>
    public void WriteMapHeader(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (count <= 15)
            WriteByte((byte)(0x80 | count));
        else if (count <= ushort.MaxValue)
            WriteHeader16(0xde, (ushort)count);
        else
            WriteHeader32(0xdf, (uint)count);
    }

    /// <summary>Bytes that are MessagePack already.</summary>
    public void WriteRaw(ReadOnlySpan<byte> encoded)
    {
        encoded.CopyTo(Reserve(encoded.Length));
        Advance(encoded.Length);
    }

    private void WriteStringHeader(int length)
    {
        if (length <= 31)
            WriteByte((byte)(0xa0 | length));
        else if (length <= byte.MaxValue)
            WriteHeader8(0xd9, (byte)length);
        else if (length <= ushort.MaxValue)
            WriteHeader16(0xda, (ushort)length);
        else
            WriteHeader32(0xdb, (uint)length);
    }

    private void WriteByte(byte value)
    {
        Reserve(1)[0] = value;
        Advance(1);
    }

    private void WriteHeader8(byte code, byte value)
    {
        var span = Reserve(2);
        span[0] = code;
        span[1] = value;
        Advance(2);
    }

    private void WriteHeader16(byte code, ushort value)
    {
        var span = Reserve(3);
        span[0] = code;
        BinaryPrimitives.WriteUInt16BigEndian(span[1..], value);
        Advance(3);
    }

    private void WriteHeader32(byte code, uint value)
    {
        var span = Reserve(5);
        span[0] = code;
        BinaryPrimitives.WriteUInt32BigEndian(span[1..], value);
        Advance(5);
    }

    private void WriteHeader64(byte code, ulong value)
    {
        var span = Reserve(9);
        span[0] = code;
        BinaryPrimitives.WriteUInt64BigEndian(span[1..], value);
        Advance(9);
    }

    private readonly Span<byte> Reserve(int count)
    {
        if (_output is not null)
            return _output.GetSpan(count);
        return count <= _span.Length - _written
            ? _span[_written..]
            : throw new ArgumentException($"the output of {_span.Length} bytes is too small");
    }

    private void Advance(int count)
    {
        _output?.Advance(count);
        _written += count;
    }
}
