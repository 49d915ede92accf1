using System.Globalization;
using System.Runtime.InteropServices;

namespace Speech.Redis;

/// <summary>
/// One argument of a command: text (sent as UTF-8), bytes or a number; two words wide, made without copying or boxing. Commands
/// are encoded before the sending call returns (except scripts, see <see cref="RedisClient.EvalAsync"/>), so the memory behind an
/// argument may be reused right after it. A default argument is the empty string.
/// </summary>
public readonly struct RedisArgument
{
    private static readonly object NumberMark = new();

    private readonly object? _object;
    private readonly long _number;

    private RedisArgument(object? value, long number)
    {
        _object = value;
        _number = number;
    }

    public static implicit operator RedisArgument(string text) =>
        new(text ?? throw new ArgumentNullException(nameof(text), "A Redis argument cannot be null."), 0);

    public static implicit operator RedisArgument(byte[] bytes) =>
        new(bytes ?? throw new ArgumentNullException(nameof(bytes), "A Redis argument cannot be null."), (uint)bytes.Length);

    public static implicit operator RedisArgument(ReadOnlyMemory<byte> bytes)
    {
        var segment = MemoryMarshal.TryGetArray(bytes, out var array) ? array : new ArraySegment<byte>(bytes.ToArray());
        return new(segment.Array ?? [], ((long)segment.Offset << 32) | (uint)segment.Count);
    }

    public static implicit operator RedisArgument(Memory<byte> bytes) => (ReadOnlyMemory<byte>)bytes;

    public static implicit operator RedisArgument(long number) => new(NumberMark, number);

    public static implicit operator RedisArgument(int number) => new(NumberMark, number);

    public static implicit operator RedisArgument(double number) => number.ToString("R", CultureInfo.InvariantCulture);

    public static implicit operator RedisArgument(StreamId id) => id.ToString();

    internal bool IsNumber => ReferenceEquals(_object, NumberMark);

    internal long Number => _number;

    internal string? Text => _object as string;

    internal ReadOnlySpan<byte> Bytes => _object is byte[] array ? array.AsSpan((int)(_number >> 32), (int)(uint)_number) : [];

    /// <summary>The argument as text; bytes as their count.</summary>
    public override string ToString() =>
        Text ?? (IsNumber ? _number.ToString(CultureInfo.InvariantCulture) : $"({Bytes.Length} bytes)");
}
