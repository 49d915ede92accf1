using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using StackExchange.Redis;

namespace Speech.Redis;

/// <summary>The id of a stream entry, "ms-seq": milliseconds since 1970 (or any number chosen by the writer) and a counter.</summary>
public readonly record struct StreamId(ulong Milliseconds, ulong Sequence) : IComparable<StreamId>, ISpanParsable<StreamId>
{
    /// <summary>0-0: before every entry.</summary>
    public static StreamId Zero => default;

    /// <summary>The greatest id there can be.</summary>
    public static StreamId Max => new(ulong.MaxValue, ulong.MaxValue);

    /// <summary>The smallest id greater than this one.</summary>
    /// <exception cref="InvalidOperationException">This is <see cref="Max"/>.</exception>
    public StreamId Next() => Sequence < ulong.MaxValue ? this with { Sequence = Sequence + 1 }
        : Milliseconds < ulong.MaxValue ? new(Milliseconds + 1, 0)
        : throw new InvalidOperationException("No stream id follows the greatest one.");

    public int CompareTo(StreamId other) =>
        Milliseconds != other.Milliseconds ? Milliseconds.CompareTo(other.Milliseconds) : Sequence.CompareTo(other.Sequence);

    public static bool operator <(StreamId left, StreamId right) => left.CompareTo(right) < 0;

    public static bool operator >(StreamId left, StreamId right) => left.CompareTo(right) > 0;

    public static bool operator <=(StreamId left, StreamId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(StreamId left, StreamId right) => left.CompareTo(right) >= 0;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Milliseconds}-{Sequence}");

    /// <summary>An id of the package's.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static StreamId From(RedisValue id) => Parse((string?)id ?? "");

    public static implicit operator RedisValue(StreamId id) => id.ToString();

    /// <summary>Reads "ms-seq" or "ms" (sequence 0).</summary>
    public static StreamId Parse(string text) => Parse(text.AsSpan());

    public static StreamId Parse(ReadOnlySpan<char> text) => TryParse(text, out var id) ? id
        : throw new FormatException($"'{text}' is not a stream id; one looks like 1700000000000-0.");

    public static bool TryParse([NotNullWhen(true)] string? text, out StreamId id) => TryParse(text.AsSpan(), out id);

    public static bool TryParse(ReadOnlySpan<char> text, out StreamId id)
    {
        id = default;
        Span<byte> utf8 = stackalloc byte[MaxLength];
        return text.Length <= MaxLength && Ascii.FromUtf16(text, utf8, out var length) == System.Buffers.OperationStatus.Done
            && TryParse(utf8[..length], out id);
    }

    /// <summary>Reads an id as it comes in a reply.</summary>
    public static bool TryParse(ReadOnlySpan<byte> utf8, out StreamId id)
    {
        id = default;
        var dash = utf8.IndexOf((byte)'-');
        var first = dash < 0 ? utf8 : utf8[..dash];
        ulong sequence = 0;
        if (!TryParseNumber(first, out var milliseconds) || (dash >= 0 && !TryParseNumber(utf8[(dash + 1)..], out sequence)))
            return false;
        id = new(milliseconds, sequence);
        return true;
    }

    static StreamId IParsable<StreamId>.Parse(string s, IFormatProvider? provider) => Parse(s);

    static bool IParsable<StreamId>.TryParse(string? s, IFormatProvider? provider, out StreamId result) => TryParse(s, out result);

    static StreamId ISpanParsable<StreamId>.Parse(ReadOnlySpan<char> s, IFormatProvider? provider) => Parse(s);

    static bool ISpanParsable<StreamId>.TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out StreamId result) =>
        TryParse(s, out result);

    private const int MaxLength = 41; // two 20-digit numbers and the dash

    private static bool TryParseNumber(ReadOnlySpan<byte> digits, out ulong number)
    {
        number = 0;
        return digits.Length > 0 && char.IsAsciiDigit((char)digits[0])
            && Utf8Parser.TryParse(digits, out number, out var used) && used == digits.Length;
    }
}
