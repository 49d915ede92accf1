using System.Collections;
using System.Text;

namespace Speech.Redis;

/// <summary>
/// The fields of a hash or of a stream entry, in the order the server gave them. Lookup walks them: they are few. A name that
/// occurs twice (streams allow it) is found at its first place.
/// </summary>
public readonly struct RedisFields : IReadOnlyList<KeyValuePair<string, ReadOnlyMemory<byte>>>
{
    private readonly RespValue[]? _pairs;

    /// <summary>Names and values alternating. Every element must be a string.</summary>
    internal RedisFields(RespValue reply)
    {
        var pairs = reply.RequiredArray();
        if (pairs.Length % 2 != 0)
            throw new RedisProtocolException($"The server's reply has {pairs.Length} elements where names and values should alternate.");
        foreach (var item in pairs)
            _ = item.RequiredBytes.Length;
        _pairs = pairs;
    }

    public int Count => (_pairs?.Length ?? 0) / 2;

    public KeyValuePair<string, ReadOnlyMemory<byte>> this[int index] => new(Name(index), Value(index));

    /// <summary>The value of a field that must be there.</summary>
    /// <exception cref="KeyNotFoundException">There is no such field; the message lists those there are.</exception>
    public ReadOnlyMemory<byte> this[string name] => TryGet(name, out var value) ? value : throw Missing(name);

    public bool TryGet(string name, out ReadOnlyMemory<byte> value)
    {
        for (var i = 0; i < Count; i++)
        {
            if (NameIs(_pairs![2 * i].RequiredBytes, name))
            {
                value = Value(i);
                return true;
            }
        }
        value = default;
        return false;
    }

    /// <summary>The value of a field as text; null when there is no such field.</summary>
    public string? FindString(string name) => TryGet(name, out var value) ? Encoding.UTF8.GetString(value.Span) : null;

    /// <summary>The value of a field that must be there, as text.</summary>
    public string GetString(string name) => FindString(name) ?? throw Missing(name);

    public IEnumerator<KeyValuePair<string, ReadOnlyMemory<byte>>> GetEnumerator()
    {
        for (var i = 0; i < Count; i++)
            yield return this[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private string Name(int index) => _pairs![2 * index].RequiredString;

    private ReadOnlyMemory<byte> Value(int index) => _pairs![2 * index + 1].AsBytes();

    private KeyNotFoundException Missing(string name) =>
        new($"There is no field '{name}'; there are: {string.Join(", ", this.Select(field => field.Key))}.");

    private static bool NameIs(ReadOnlySpan<byte> utf8, string name) =>
        Ascii.IsValid(name) ? Ascii.Equals(utf8, name) : Encoding.UTF8.GetString(utf8) == name;
}
