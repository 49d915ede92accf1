using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;

namespace Speech.Models.SentencePiece;

/// <summary>Prepares text for division into pieces, or finishes text put together from them: replaces characters by a model's own map, and
/// sees to its blanks. User-defined pieces stay as they are.</summary>
/// <remarks>Source: google/sentencepiece, <c>normalizer.cc</c>; every step is taken in its order, since they do not commute.</remarks>
internal sealed class Normalizer(NormalizerSpec spec, bool whitespaceAsSuffix, PieceTrie? userDefinedPieces)
{
    private const byte Blank = (byte)' ';

    /// <summary>U+2581, which stands for a blank.</summary>
    public static ReadOnlySpan<byte> EscapedBlank => "\u2581"u8;

    private static ReadOnlySpan<byte> ReplacementCharacter => "\uFFFD"u8;

    /// <summary>Appends the prepared text.</summary>
    /// <param name="text">UTF-8; bytes that are not become U+FFFD.</param>
    public void Normalize(ReadOnlySpan<byte> text, List<byte> normalized)
    {
        if (spec.RemoveExtraWhitespaces)
        {
            while (!text.IsEmpty && Next(text, out var length) is [Blank])
                text = text[length..];
        }

        if (text.IsEmpty)
            return;

        if (spec.AddDummyPrefix && !whitespaceAsSuffix)
            normalized.AddRange(spec.EscapeWhitespaces ? EscapedBlank : " "u8);

        var afterBlank = spec.RemoveExtraWhitespaces;
        while (!text.IsEmpty)
        {
            var next = Next(text, out var length);
            text = text[length..];
            if (afterBlank)
                next = next.TrimStart(Blank);
            if (!next.IsEmpty)
            {
                Append(next, normalized);
                afterBlank = spec.RemoveExtraWhitespaces && next[^1] == Blank;
            }
        }

        if (spec.RemoveExtraWhitespaces)
            TrimEnd(normalized);

        if (spec.AddDummyPrefix && whitespaceAsSuffix)
            normalized.AddRange(spec.EscapeWhitespaces ? EscapedBlank : " "u8);
    }

    /// <summary>What the text's beginning becomes, and the length of that beginning, at least 1.</summary>
    private ReadOnlySpan<byte> Next(ReadOnlySpan<byte> text, out int length)
    {
        length = userDefinedPieces?.LongestMatch(text) ?? 0;
        if (length > 0)
            return text[..length];

        var replacement = default(ReadOnlySpan<byte>);
        length = spec.CharsMap?.Match(text, out replacement) ?? 0;
        if (length > 0)
            return replacement;

        if (Rune.DecodeFromUtf8(text, out _, out length) == OperationStatus.Done)
            return text[..length];
        length = 1;
        return ReplacementCharacter;
    }

    private void Append(ReadOnlySpan<byte> next, List<byte> normalized)
    {
        while (spec.EscapeWhitespaces && next.IndexOf(Blank) is >= 0 and var blank)
        {
            normalized.AddRange(next[..blank]);
            normalized.AddRange(EscapedBlank);
            next = next[(blank + 1)..];
        }

        normalized.AddRange(next);
    }

    private void TrimEnd(List<byte> normalized)
    {
        var blank = spec.EscapeWhitespaces ? EscapedBlank : " "u8;
        var rest = CollectionsMarshal.AsSpan(normalized);
        while (rest.EndsWith(blank))
            rest = rest[..^blank.Length];
        CollectionsMarshal.SetCount(normalized, rest.Length);
    }
}
