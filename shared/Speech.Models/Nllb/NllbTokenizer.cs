using System.Runtime.InteropServices;
using Speech.Languages;
using Speech.Models.SentencePiece;
using Speech.Tensors;

namespace Speech.Models.Nllb;

/// <summary>NLLB-200's tokenizer. SentencePiece's model has <c>&lt;unk&gt; &lt;s&gt; &lt;/s&gt;</c> and n-3 pieces; fairseq, where NLLB
/// comes from, numbers them otherwise:
/// <code>
/// 0 &lt;s&gt; | 1 &lt;pad&gt; | 2 &lt;/s&gt; | 3 &lt;unk&gt; | 4 ... n: pieces 3 ... n-1 | n+1 ...: 202 languages | &lt;mask&gt;
/// </code></summary>
/// <remarks>Source: huggingface/transformers, <c>tokenization_nllb.py</c> (without its legacy behaviour).</remarks>
public sealed class NllbTokenizer : ITranslationTokenizer
{
    private const int FairseqOffset = 1;
    private const int FirstPiece = 3;

    private readonly SentencePieceProcessor _sentencePiece;

    /// <exception cref="ModelFileException">The model's first pieces are not those that NLLB's numbering expects.</exception>
    public NllbTokenizer(SentencePieceModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (model.Count <= FirstPiece || model.UnknownId != 0 || model.TypeOf(1) != PieceType.Control
            || model.TypeOf(2) != PieceType.Control)
            throw new ModelFileException(
                model.Path, "its first pieces are not <unk>, <s> and </s> as in NLLB's; it belongs to another model.");
        _sentencePiece = new SentencePieceProcessor(model);
        FirstLanguageToken = model.Count + FairseqOffset;
    }

    public IReadOnlyList<string> Languages => NllbTable.Codes;

    public int TokenCount => FirstLanguageToken + NllbTable.Codes.Count + 1;

    public int EndToken => 2;

    public int PaddingToken => 1;

    public int UnknownToken => 3;

    private int FirstLanguageToken { get; }

    /// <exception cref="ModelFileException">The file is missing, damaged or of another model.</exception>
    public static NllbTokenizer Load(string folder) =>
        new(SentencePieceModel.Load(Path.Combine(folder, TranslationTokenizer.SentencePieceFile)));

    public string? FindLanguage(string code) => NllbTable.Find(code);

    public int LanguageToken(string code) => FindLanguage(code) is { } language
        ? FirstLanguageToken + NllbTable.IndexOf(language)
        : throw new ArgumentException(
            $"NLLB has no language '{code}'; give one of its codes, such as fra_Latn, or an ISO 639-1 one, such as fr.", nameof(code));

    public int[] Encode(string text, string sourceLanguage)
    {
        ArgumentNullException.ThrowIfNull(text);
        var ids = new List<int>(text.Length / 3 + 2) { LanguageToken(sourceLanguage) };
        _sentencePiece.Encode(text, ids);
        for (var i = 1; i < ids.Count; i++)
            ids[i] = ids[i] >= FirstPiece ? ids[i] + FairseqOffset : UnknownToken;
        ids.Add(EndToken);
        return [.. ids];
    }

    public string Decode(ReadOnlySpan<int> ids)
    {
        var pieces = new List<int>(ids.Length);
        foreach (var id in ids)
        {
            if (id > UnknownToken && id < FirstLanguageToken)
                pieces.Add(id - FairseqOffset);
        }

        return _sentencePiece.Decode(CollectionsMarshal.AsSpan(pieces)).Trim(' ');
    }
}
