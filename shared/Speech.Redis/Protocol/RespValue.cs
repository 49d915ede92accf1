using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Speech.Redis;

/// <summary>
/// One reply: a scalar, or a tree of them. Three words wide; only strings and aggregates own memory. The As… methods convert
/// where Redis itself is loose (numbers come as integers or as digits in a string) and otherwise throw
/// <see cref="RedisProtocolException"/>.
/// </summary>
public readonly struct RespValue
{
    private readonly object? _object;
    private readonly long _bits;

    private RespValue(RespKind kind, object? value, long bits = 0)
    {
        Kind = kind;
        _object = value;
        _bits = bits;
    }

    public static RespValue Null => default;

    public RespKind Kind { get; }

    public bool IsNull => Kind == RespKind.Null;

    public bool IsError => Kind == RespKind.Error;

    /// <summary>Elements of an aggregate; a map's keys and values alternate. Empty for scalars and null.</summary>
    public ReadOnlySpan<RespValue> Items => Kind >= RespKind.Array ? Unsafe.As<RespValue[]>(_object!) : [];

    /// <summary>Number of <see cref="Items"/>.</summary>
    public int Count => Items.Length;

    public RespValue this[int index] => Items[index];

    public static RespValue SimpleString(string text) => new(RespKind.SimpleString, text);

    public static RespValue Error(string text) => new(RespKind.Error, text);

    public static RespValue BigNumber(string digits) => new(RespKind.BigNumber, digits);

    public static RespValue BulkString(byte[] bytes) => new(RespKind.BulkString, bytes);

    public static RespValue VerbatimString(byte[] bytes) => new(RespKind.VerbatimString, bytes);

    public static RespValue Integer(long value) => new(RespKind.Integer, null, value);

    public static RespValue Boolean(bool value) => new(RespKind.Boolean, null, value ? 1 : 0);

    public static RespValue Double(double value) => new(RespKind.Double, null, BitConverter.DoubleToInt64Bits(value));

    /// <summary>An array, set, map (keys and values alternating) or push. Takes <paramref name="items"/> over.</summary>
    public static RespValue Aggregate(RespKind kind, RespValue[] items) => kind >= RespKind.Array
        ? new(kind, items)
        : throw new ArgumentOutOfRangeException(nameof(kind), kind, "Not an aggregate.");

    public long AsInt64() => Kind switch
    {
        RespKind.Integer or RespKind.Boolean => _bits,
        RespKind.BulkString or RespKind.SimpleString or RespKind.VerbatimString or RespKind.BigNumber
            when long.TryParse(Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) => number,
        _ => throw Unexpected("an integer"),
    };

    public double AsDouble() => Kind switch
    {
        RespKind.Double => BitConverter.Int64BitsToDouble(_bits),
        RespKind.Integer => _bits,
        RespKind.BulkString or RespKind.SimpleString
            when double.TryParse(Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => number,
        _ => throw Unexpected("a number"),
    };

    public bool AsBoolean() => Kind is RespKind.Boolean or RespKind.Integer ? _bits != 0 : throw Unexpected("a boolean");

    /// <summary>The text of any scalar; null for null.</summary>
    public string? AsString() => Kind switch
    {
        RespKind.Null => null,
        RespKind.Integer => _bits.ToString(CultureInfo.InvariantCulture),
        RespKind.Boolean => _bits != 0 ? "true" : "false",
        RespKind.Double => BitConverter.Int64BitsToDouble(_bits).ToString("R", CultureInfo.InvariantCulture),
        < RespKind.Array => Text,
        _ => throw Unexpected("a string"),
    };

    /// <summary>The bytes of a string as they came (not copied; this value owns them); null for null.</summary>
    public byte[]? AsBytes() => Kind switch
    {
        RespKind.Null => null,
        RespKind.BulkString or RespKind.VerbatimString => Unsafe.As<byte[]>(_object!),
        RespKind.Integer or RespKind.SimpleString or RespKind.BigNumber => Encoding.UTF8.GetBytes(AsString()!),
        _ => throw Unexpected("a string"),
    };

    /// <summary>The bytes of a string of which something must be there.</summary>
    internal ReadOnlySpan<byte> RequiredBytes => AsBytes() ?? throw Unexpected("a string");

    internal string RequiredString => AsString() ?? throw Unexpected("a string");

    /// <summary>The elements of an aggregate that must hold at least <paramref name="atLeast"/> of them.</summary>
    internal ReadOnlySpan<RespValue> RequiredItems(int atLeast = 0) =>
        Kind >= RespKind.Array && Count >= atLeast ? Items : throw Unexpected($"an aggregate of {atLeast} or more elements");

    /// <summary>The elements themselves, for types that keep them.</summary>
    internal RespValue[] RequiredArray() => Kind >= RespKind.Array ? Unsafe.As<RespValue[]>(_object!) : throw Unexpected("an array");

    /// <summary>Looks a field up in a map, or in an array where names and values alternate.</summary>
    public bool TryGet(string field, out RespValue value)
    {
        var items = Items;
        for (var i = 0; i + 1 < items.Length; i += 2)
        {
            if (items[i].Kind < RespKind.Array && string.Equals(items[i].AsString(), field, StringComparison.Ordinal))
            {
                value = items[i + 1];
                return true;
            }
        }
        value = default;
        return false;
    }

    /// <summary>For people: a compact rendering, long strings and aggregates cut.</summary>
    public override string ToString() => Kind switch
    {
        RespKind.Null => "(null)",
        RespKind.Error => $"(error) {Text}",
        RespKind.BulkString or RespKind.VerbatimString when Unsafe.As<byte[]>(_object!).Length > 256
            => $"({Unsafe.As<byte[]>(_object!).Length} bytes)",
        < RespKind.Array => AsString()!,
        _ => $"{Kind}[{string.Join(", ", Items[..Math.Min(Count, 16)].ToArray())}{(Count > 16 ? ", …" : "")}]",
    };

    private string Text => _object switch
    {
        string text => text,
        byte[] bytes => Encoding.UTF8.GetString(bytes),
        _ => "",
    };

    private RedisProtocolException Unexpected(string wanted) =>
        new($"The server's reply is {(Kind == RespKind.Null ? "null" : $"a {Kind}: {this}")}, where {wanted} was expected.");
}
