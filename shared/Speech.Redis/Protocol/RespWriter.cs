using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Speech.Redis;

/// <summary>Encodes commands (an array of bulk strings each) straight into an output buffer.</summary>
internal ref struct RespWriter(IBufferWriter<byte> output)
{
    private const int MaxHeader = 32; // type, 20 digits, CR LF; and CR LF of the string before

    private Span<byte> _span;
    private int _used;
    private int _total;

    /// <summary>Writes one command and returns how many bytes it took.</summary>
    public static int Write(IBufferWriter<byte> output, ReadOnlySpan<RedisArgument> arguments)
    {
        var writer = new RespWriter(output);
        writer.WriteHeader((byte)'*', arguments.Length);
        foreach (ref readonly var argument in arguments)
            writer.WriteBulk(in argument);
        writer.Commit();
        return writer._total;
    }

    /// <summary>At least as many bytes as the command will take.</summary>
    public static int MaxLength(ReadOnlySpan<RedisArgument> arguments)
    {
        long length = MaxHeader;
        foreach (ref readonly var argument in arguments)
            length += 2 * MaxHeader + (argument.Text is { } text ? Encoding.UTF8.GetMaxByteCount(text.Length) : argument.Bytes.Length);
        return checked((int)length);
    }

    private void WriteBulk(ref readonly RedisArgument argument)
    {
        if (argument.Text is { } text)
        {
            var length = Encoding.UTF8.GetByteCount(text);
            WriteHeader((byte)'$', length);
            Reserve(length);
            Encoding.UTF8.GetBytes(text, _span[_used..]);
            _used += length;
        }
        else if (argument.IsNumber)
        {
            Span<byte> digits = stackalloc byte[20];
            Utf8Formatter.TryFormat(argument.Number, digits, out var length);
            WriteHeader((byte)'$', length);
            WriteRaw(digits[..length]);
        }
        else
        {
            var bytes = argument.Bytes;
            WriteHeader((byte)'$', bytes.Length);
            WriteRaw(bytes);
        }
        Reserve(2);
        _span[_used++] = (byte)'\r';
        _span[_used++] = (byte)'\n';
    }

    private void WriteHeader(byte type, int number)
    {
        Reserve(MaxHeader);
        _span[_used++] = type;
        if (number < 10)
        {
            _span[_used++] = (byte)('0' + number);
        }
        else
        {
            Utf8Formatter.TryFormat(number, _span[_used..], out var length);
            _used += length;
        }
        _span[_used++] = (byte)'\r';
        _span[_used++] = (byte)'\n';
    }

    private void WriteRaw(scoped ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > _span.Length - _used)
        {
            var piece = _span.Length - _used;
            bytes[..piece].CopyTo(_span[_used..]);
            _used += piece;
            bytes = bytes[piece..];
            Reserve(1);
        }
        bytes.CopyTo(_span[_used..]);
        _used += bytes.Length;
    }

    private void Reserve(int length)
    {
        if (length <= _span.Length - _used)
            return;
        Commit();
        _span = output.GetSpan(length);
    }

    private void Commit()
    {
        output.Advance(_used);
        _total += _used;
        _used = 0;
        _span = default;
    }
}
