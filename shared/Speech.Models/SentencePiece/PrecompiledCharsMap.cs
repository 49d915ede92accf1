using System.Buffers.Binary;
using System.Text.Unicode;
using Speech.Tensors;

namespace Speech.Models.SentencePiece;

/// <summary>
/// The replacements of characters (case, width, composed forms, kinds of blank) that a model was trained with, compiled into its file:
/// <code>
/// blob = u32 length of the trie in bytes | u32 units of the trie | replacements, UTF-8, each ended by a zero byte
/// </code>
/// The trie is a darts-clone double array. A unit at position p leads to its children's block at <c>p ^ offset</c>, and the child for byte
/// c is at <c>block ^ c</c> if the unit there has the label c. A unit that ends a key has its value in the unit at the start of its block:
/// <code>
/// bit 31: this is a value (bits 0-30) | bits 10-30: offset | bit 9: offset is shifted by 8 more | bit 8: ends a key | bits 0-7: label
/// </code>
/// Source: google/sentencepiece, <c>normalizer.cc</c>; s-yata/darts-clone, <c>darts.h</c>. All positions and values are checked once, when
/// the map is read. A longest match also has a longest length, so that no map can make a text's preparation more than linear.
/// </summary>
internal sealed class PrecompiledCharsMap
{
    /// <summary>In bytes; nmt_nfkc's longest key has 10 and its longest replacement 33.</summary>
    private const int MaximumKeyLength = 256;
    private const int MaximumReplacementLength = 256;

    /// <summary>
    /// Children of a unit differ from its block in the low 8 bits, so that whole blocks of 256 units keep every step inside.
    /// </summary>
    private const int BlockUnits = 256;

    private readonly uint[] _units;
    private readonly byte[] _replacements;

    private PrecompiledCharsMap(uint[] units, byte[] replacements)
    {
        _units = units;
        _replacements = replacements;
    }

    /// <exception cref="ModelFileException">The map is damaged.</exception>
    public static PrecompiledCharsMap Read(ReadOnlySpan<byte> blob, string path)
    {
        if (blob.Length < sizeof(uint))
            throw Error("is cut off");
        var trieLength = BinaryPrimitives.ReadUInt32LittleEndian(blob);
        if (trieLength > blob.Length - sizeof(uint) || trieLength == 0 || trieLength % (BlockUnits * sizeof(uint)) != 0)
            throw Error($"has a trie of {trieLength} bytes, expected a multiple of {BlockUnits * sizeof(uint)} within its {blob.Length}");

        var units = new uint[trieLength / sizeof(uint)];
        for (var i = 0; i < units.Length; i++)
            units[i] = BinaryPrimitives.ReadUInt32LittleEndian(blob[((i + 1) * sizeof(uint))..]);

        var replacements = blob[(sizeof(uint) + (int)trieLength)..];
        if (replacements.IsEmpty || replacements[^1] != 0)
            throw Error("has replacements that do not end");
        if (!Utf8.IsValid(replacements))
            throw Error("has replacements that are not UTF-8");
        for (var rest = replacements; !rest.IsEmpty;)
        {
            var length = rest.IndexOf((byte)0);
            if (length > MaximumReplacementLength)
                throw Error($"has a replacement of {length} bytes, at most {MaximumReplacementLength} are expected");
            rest = rest[(length + 1)..];
        }

        for (var position = 0; position < units.Length; position++)
        {
            if (IsValue(units[position]))
                continue;
            var block = (uint)position ^ Offset(units[position]);
            if (block >= units.Length)
                throw Error($"has a trie whose unit {position} points outside it");
            if (EndsKey(units[position]) && Value(units[block]) >= replacements.Length)
                throw Error($"has a trie whose unit {position} points outside the replacements");
        }

        return new PrecompiledCharsMap(units, replacements.ToArray());

        ModelFileException Error(string problem) => new(path, $"its character map {problem}; it is damaged, download it again.");
    }

    /// <summary>Finds the longest key that the text begins with; 0 when there is none, else the key's length.</summary>
    public int Match(ReadOnlySpan<byte> text, out ReadOnlySpan<byte> replacement)
    {
        replacement = default;
        var length = 0;
        var value = 0u;
        var block = Offset(_units[0]);
        for (var i = 0; i < text.Length && i < MaximumKeyLength; i++)
        {
            var position = block ^ text[i];
            var unit = _units[position];
            if (IsValue(unit) || (unit & 0xff) != text[i])
                break;
            block = position ^ Offset(unit);
            if (EndsKey(unit))
                (length, value) = (i + 1, Value(_units[block]));
        }

        if (length > 0)
        {
            replacement = _replacements.AsSpan((int)value);
            replacement = replacement[..replacement.IndexOf((byte)0)];
        }

        return length;
    }

    private static bool IsValue(uint unit) => unit >> 31 != 0;

    private static bool EndsKey(uint unit) => (unit & 0x100) != 0;

    private static uint Value(uint unit) => unit & 0x7fffffff;

    private static uint Offset(uint unit) => (unit >> 10) << (int)((unit & 0x200) >> 6);
}
