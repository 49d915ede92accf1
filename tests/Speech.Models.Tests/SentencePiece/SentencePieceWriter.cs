using System.Buffers.Binary;
using System.Text;
using Speech.Models.SentencePiece;

namespace Speech.Models.Tests.SentencePiece;

/// <summary>
/// Writes small SentencePiece models. The first piece is <c>&lt;unk&gt;</c>; unless told otherwise they leave text as it is.
/// </summary>
internal sealed class SentencePieceWriter
{
    private readonly List<byte> _pieces = [];

    public SentencePieceWriter(bool withUnknown = true)
    {
        if (withUnknown)
            Add("<unk>", 0, PieceType.Unknown);
    }

    public int Type { get; init; } = (int)ModelType.Bpe;

    public bool ByteFallback { get; init; }

    public bool WhitespaceAsSuffix { get; init; }

    public string? UnknownSurface { get; init; }

    public byte[] CharsMap { get; init; } = [];

    public bool AddDummyPrefix { get; init; }

    public bool RemoveExtraWhitespaces { get; init; }

    public bool EscapeWhitespaces { get; init; } = true;

    public byte[]? DenormalizerCharsMap { get; init; }

    public SentencePieceWriter Add(string piece, float score = 0, PieceType type = PieceType.Normal) =>
        AddBytes(Encoding.UTF8.GetBytes(piece), score, (int)type);

    public SentencePieceWriter AddBytes(byte[] piece, float score, int type)
    {
        var message = new List<byte>();
        WriteBytes(message, 1, piece);
        WriteVarint(message, (2 << 3) | 5);
        Span<byte> bits = stackalloc byte[sizeof(float)];
        BinaryPrimitives.WriteSingleLittleEndian(bits, score);
        message.AddRange(bits);
        WriteNumber(message, 3, type);
        WriteBytes(_pieces, 1, [.. message]);
        return this;
    }

    public SentencePieceWriter AddAllBytes()
    {
        for (var value = 0; value < 256; value++)
            Add($"<0x{value:X2}>", 0, PieceType.Byte);
        return this;
    }

    /// <summary>The pieces alone, without a word on how to use them.</summary>
    public byte[] Pieces => [.. _pieces];

    public byte[] ToArray()
    {
        var file = new List<byte>(_pieces);
        var trainer = new List<byte>();
        WriteNumber(trainer, 3, Type);
        WriteNumber(trainer, 24, WhitespaceAsSuffix ? 1 : 0);
        WriteNumber(trainer, 35, ByteFallback ? 1 : 0);
        if (UnknownSurface is not null)
            WriteBytes(trainer, 44, Encoding.UTF8.GetBytes(UnknownSurface));
        WriteBytes(file, 2, [.. trainer]);
        WriteBytes(file, 3, Normalizer(CharsMap));
        if (DenormalizerCharsMap is not null)
            WriteBytes(file, 5, Normalizer(DenormalizerCharsMap));
        return [.. file];
    }

    public SentencePieceProcessor ToProcessor() => new(SentencePieceModel.Parse(ToArray(), "small.model"));

    public static void WriteBytes(List<byte> message, int field, ReadOnlySpan<byte> value)
    {
        WriteVarint(message, (ulong)(field << 3) | 2);
        WriteVarint(message, (ulong)value.Length);
        message.AddRange(value);
    }

    public static void WriteNumber(List<byte> message, int field, int value)
    {
        WriteVarint(message, (ulong)(field << 3));
        WriteVarint(message, (ulong)value);
    }

    private byte[] Normalizer(byte[] charsMap)
    {
        var spec = new List<byte>();
        WriteBytes(spec, 2, charsMap);
        WriteNumber(spec, 3, AddDummyPrefix ? 1 : 0);
        WriteNumber(spec, 4, RemoveExtraWhitespaces ? 1 : 0);
        WriteNumber(spec, 5, EscapeWhitespaces ? 1 : 0);
        return [.. spec];
    }

    private static void WriteVarint(List<byte> message, ulong value)
    {
        for (; value >= 0x80; value >>= 7)
            message.Add((byte)(value | 0x80));
        message.Add((byte)value);
    }
}
