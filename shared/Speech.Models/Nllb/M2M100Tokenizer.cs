using System.Runtime.InteropServices;
using System.Text.Json;
using Speech.Models.SentencePiece;
using Speech.Tensors;

namespace Speech.Models.Nllb;

/// <summary>M2M100's tokenizer. SentencePiece divides the text; <c>vocab.json</c> has the pieces' ids, 0 &lt;s&gt;, 1 &lt;pad&gt;, 2
/// &lt;/s&gt;, 3 &lt;unk&gt; and the rest in an order of its own. The languages follow: <c>__af__</c> has the id that is the vocabulary's
/// size.</summary>
/// <remarks>Source: huggingface/transformers, <c>tokenization_m2m_100.py</c>.</remarks>
public sealed class M2M100Tokenizer : ITranslationTokenizer
{
    private const string ConfigurationFile = "tokenizer_config.json";
    private const int MaximumConfigurationLength = 1 << 20;
    private const int NoPiece = -1;

    private readonly SentencePieceProcessor _sentencePiece;
    private readonly int[] _idsByPiece;
    private readonly int[] _piecesById;

    private M2M100Tokenizer(SentencePieceModel model, M2M100Vocabulary vocabulary)
    {
        _sentencePiece = new SentencePieceProcessor(model);
        PaddingToken = vocabulary.Special("<pad>");
        EndToken = vocabulary.Special("</s>");
        UnknownToken = vocabulary.Special("<unk>");
        FirstLanguageToken = vocabulary.Count;
        _idsByPiece = new int[model.Count];
        _idsByPiece.AsSpan().Fill(UnknownToken);
        _piecesById = new int[vocabulary.Count];
        _piecesById.AsSpan().Fill(NoPiece);
        for (var piece = 0; piece < model.Count; piece++)
        {
            if (model.TypeOf(piece) is PieceType.Control or PieceType.Unknown || vocabulary.Find(model.Piece(piece)) is not { } id)
                continue;
            _idsByPiece[piece] = id;
            _piecesById[id] = piece;
        }
    }

    public IReadOnlyList<string> Languages => M2M100Languages.Codes;

    public int TokenCount => FirstLanguageToken + M2M100Languages.Codes.Count;

    public int EndToken { get; }

    public int PaddingToken { get; }

    public int UnknownToken { get; }

    private int FirstLanguageToken { get; }

    /// <exception cref="ModelFileException">A file is missing, damaged or of another model.</exception>
    public static M2M100Tokenizer Load(string folder)
    {
        CheckLanguages(Path.Combine(folder, ConfigurationFile));
        return new M2M100Tokenizer(
            SentencePieceModel.Load(Path.Combine(folder, TranslationTokenizer.SentencePieceFile)),
            M2M100Vocabulary.Load(Path.Combine(folder, TranslationTokenizer.VocabularyFile)));
    }

    public string? FindLanguage(string code) => M2M100Languages.Find(code);

    public int LanguageToken(string code)
    {
        var language = FindLanguage(code)
            ?? throw new ArgumentException($"M2M100 has no language '{code}'; it has {string.Join(' ', Languages)}.", nameof(code));
        return FirstLanguageToken + M2M100Languages.IndexOf(language);
    }

    public int[] Encode(string text, string sourceLanguage)
    {
        ArgumentNullException.ThrowIfNull(text);
        var ids = new List<int>(text.Length / 3 + 2) { LanguageToken(sourceLanguage) };
        _sentencePiece.Encode(text, ids);
        for (var i = 1; i < ids.Count; i++)
            ids[i] = _idsByPiece[ids[i]];
        ids.Add(EndToken);
        return [.. ids];
    }

    public string Decode(ReadOnlySpan<int> ids)
    {
        var pieces = new List<int>(ids.Length);
        foreach (var id in ids)
        {
            if (id >= 0 && id < _piecesById.Length && _piecesById[id] != NoPiece)
                pieces.Add(_piecesById[id]);
        }

        return _sentencePiece.Decode(CollectionsMarshal.AsSpan(pieces)).Trim(' ');
    }

    /// <summary>The later WMT21 models have another list of languages, which their configuration names.</summary>
    private static void CheckLanguages(string path)
    {
        if (!File.Exists(path))
            return;
        try
        {
            using var configuration = JsonDocument.Parse(ModelFolderFile.Read(path, MaximumConfigurationLength));
            if (configuration.RootElement.TryGetProperty("language_codes", out var codes) && codes.GetString() is { } name and not "m2m100")
                throw new ModelFileException(path, $"its languages are those of '{name}'; only 'm2m100' is supported.");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new ModelFileException(path, $"it is not a tokenizer's configuration ({e.Message}); download it again.", null, e);
        }
    }
}
