using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;

namespace Speech.Models.SentencePiece;

/// <summary>Text to the ids of a SentencePiece model and back. Immutable: many threads may share one.</summary>
/// <remarks>Source: google/sentencepiece, <c>sentencepiece_processor.cc</c>.</remarks>
public sealed class SentencePieceProcessor
{
    private readonly IPieceEncoder _encoder;
    private readonly Normalizer _normalizer;
    private readonly Normalizer? _denormalizer;
    private readonly byte[] _unknownSurface;

    public SentencePieceProcessor(SentencePieceModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        Model = model;
        _encoder = model.Trainer.ModelType == ModelType.Bpe ? new BpeEncoder(model) : new UnigramEncoder(model);
        _normalizer = new Normalizer(model.Normalizer, model.Trainer.TreatWhitespaceAsSuffix, model.UserDefinedPieces);
        if (model.Denormalizer is { CharsMap: not null } denormalizer)
            _denormalizer = new Normalizer(denormalizer, whitespaceAsSuffix: false, userDefinedPieces: null);
        _unknownSurface = Encoding.UTF8.GetBytes(model.Trainer.UnknownSurface);
    }

    public SentencePieceModel Model { get; }

    /// <summary>Appends the ids of a text's pieces; neighbouring characters that no piece has are one unknown piece, or their bytes' pieces
    /// if the model falls back to those. Time grows with the text's length times its logarithm at most, whatever the text.</summary>
    public void Encode(ReadOnlySpan<char> text, List<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        var normalized = new List<byte>(2 * text.Length);
        foreach (var piece in Divide(text, normalized))
            ids.Add(piece.Id);
    }

    public int[] Encode(string text)
    {
        var ids = new List<int>();
        Encode(text, ids);
        return [.. ids];
    }

    /// <summary>The pieces that <see cref="Encode(string)"/> gives the ids of, the unknown one as the text that it stands for.</summary>
    public string[] EncodeAsPieces(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var normalized = new List<byte>(2 * text.Length);
        var pieces = Divide(text, normalized);
        var names = new string[pieces.Count];
        var start = 0;
        for (var i = 0; i < names.Length; i++)
        {
            var (id, length) = pieces[i];
            names[i] = Model.TypeOf(id) == PieceType.Byte
                ? Model.Piece(id) : Encoding.UTF8.GetString(CollectionsMarshal.AsSpan(normalized).Slice(start, length));
            start += length;
        }

        return names;
    }

    /// <summary>The text of the ids. Control pieces give nothing, the unknown one the model's sign for it; a row of byte pieces is read as
    /// UTF-8, each byte that is not becoming U+FFFD.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An id is no piece of the model.</exception>
    public string Decode(ReadOnlySpan<int> ids)
    {
        var text = new List<byte>(4 * ids.Length);
        var isAtStart = true;
        for (var i = 0; i < ids.Length;)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(ids[i], nameof(ids));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(ids[i], Model.Count, nameof(ids));
            if (Model.TypeOf(ids[i]) == PieceType.Byte)
            {
                i += AppendBytes(ids[i..], text);
                continue;
            }

            isAtStart &= text.Count == 0;
            isAtStart &= !AppendPiece(ids[i], isAtStart, text);
            i++;
        }

        if (_denormalizer is null)
            return Encoding.UTF8.GetString(CollectionsMarshal.AsSpan(text));
        var denormalized = new List<byte>(text.Count);
        _denormalizer.Normalize(CollectionsMarshal.AsSpan(text), denormalized);
        return Encoding.UTF8.GetString(CollectionsMarshal.AsSpan(denormalized));
    }

    /// <summary>Prepares a text and divides it; the pieces cover the prepared text.</summary>
    private List<TextPiece> Divide(ReadOnlySpan<char> text, List<byte> normalized)
    {
        var bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(text.Length));
        try
        {
            _normalizer.Normalize(bytes.AsSpan(0, Encoding.UTF8.GetBytes(text, bytes)), normalized);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }

        var pieces = new List<TextPiece>(normalized.Count / 3);
        var prepared = CollectionsMarshal.AsSpan(normalized);
        _encoder.Encode(prepared, pieces);
        return pieces.Exists(piece => piece.Id == Model.UnknownId) ? ReplaceUnknown(pieces, prepared) : pieces;
    }

    private List<TextPiece> ReplaceUnknown(List<TextPiece> pieces, ReadOnlySpan<byte> text)
    {
        var replaced = new List<TextPiece>(pieces.Count);
        foreach (var piece in pieces)
        {
            if (piece.Id != Model.UnknownId)
            {
                replaced.Add(piece);
            }
            else if (Model.Trainer.ByteFallback)
            {
                foreach (var value in text[..piece.Length])
                    replaced.Add(new TextPiece(Model.ByteId(value), 1));
            }
            else if (replaced is [.., var last] && last.Id == Model.UnknownId)
            {
                replaced[^1] = last with { Length = last.Length + piece.Length };
            }
            else
            {
                replaced.Add(piece);
            }

            text = text[piece.Length..];
        }

        return replaced;
    }

    /// <summary>Appends the text of the row of byte pieces that the ids begin with, and tells its length.</summary>
    private int AppendBytes(ReadOnlySpan<int> ids, List<byte> text)
    {
        var bytes = new List<byte>();
        foreach (var id in ids)
        {
            if (id < 0 || id >= Model.Count || Model.TypeOf(id) != PieceType.Byte)
                break;
            bytes.Add(Model.ByteOf(id));
        }

        for (var rest = CollectionsMarshal.AsSpan(bytes); !rest.IsEmpty;)
        {
            if (Rune.DecodeFromUtf8(rest, out _, out var length) != OperationStatus.Done)
                length = 1;
            text.AddRange(length == 1 && rest[0] >= 0x80 ? "\uFFFD"u8 : rest[..length]);
            rest = rest[length..];
        }

        return bytes.Count;
    }

    /// <summary>Appends one piece's text.</summary>
    /// <returns>Whether this was the text's dummy blank, so that the next piece's blank is a real one.</returns>
    private bool AppendPiece(int id, bool isAtStart, List<byte> text)
    {
        if (Model.TypeOf(id) == PieceType.Control)
            return false;
        if (id == Model.UnknownId)
        {
            text.AddRange(_unknownSurface);
            return false;
        }

        var piece = Model.PieceBytes(id);
        var hasBlank = isAtStart && (Model.Normalizer.AddDummyPrefix || Model.Normalizer.RemoveExtraWhitespaces)
            && piece.StartsWith(Normalizer.EscapedBlank);
        if (hasBlank)
            piece = piece[Normalizer.EscapedBlank.Length..];
        while (piece.IndexOf(Normalizer.EscapedBlank) is >= 0 and var blank)
        {
            text.AddRange(piece[..blank]);
            text.Add((byte)' ');
            piece = piece[(blank + Normalizer.EscapedBlank.Length)..];
        }

        text.AddRange(piece);
        return hasBlank && !Model.Normalizer.RemoveExtraWhitespaces;
    }
}
