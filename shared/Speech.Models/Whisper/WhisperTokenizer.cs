using System.Text;
using System.Text.RegularExpressions;
using Speech.Languages;

namespace Speech.Models.Whisper;

/// <summary>Text to tokens and back, and the ids of Whisper's special tokens. They follow the text tokens in one fixed order:
/// <code>
/// endoftext | startoftranscript | languages (99 or 100) | translate | transcribe | startoflm | startofprev | nospeech |
/// notimestamps | 0.00 s, 0.02 s ... 30.00 s
/// </code></summary>
/// <remarks>Source: openai/whisper, <c>tokenizer.py</c>. Letters outside the Basic Multilingual Plane count as symbols when text is cut
/// into pieces, which .NET's regular expressions cannot tell apart; they still encode, and decode to themselves.</remarks>
public sealed partial class WhisperTokenizer
{
    public const double SecondsPerTimestamp = 0.02;

    private readonly WhisperVocabulary _vocabulary;
    private readonly BytePairEncoding _encoding;

    public WhisperTokenizer(WhisperFile file)
        : this(file.Vocabulary, file.HyperParameters.VocabularySize)
    {
    }

    /// <param name="vocabulary">The bytes of the text tokens.</param>
    /// <param name="vocabularySize">All tokens, special ones included: 51864 (English only), 51865, or 51866 (large-v3).</param>
    public WhisperTokenizer(WhisperVocabulary vocabulary, int vocabularySize)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        ArgumentOutOfRangeException.ThrowIfLessThan(vocabularySize, 51864);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(vocabularySize, 51866);
        _vocabulary = vocabulary;
        _encoding = new BytePairEncoding(vocabulary);
        VocabularySize = vocabularySize;
        IsMultilingual = vocabularySize >= 51865;
        LanguageCount = vocabularySize - 51765 - (IsMultilingual ? 1 : 0);

        EndOfText = IsMultilingual ? 50257 : 50256;
        StartOfTranscript = EndOfText + 1;
        Translate = StartOfTranscript + 1 + LanguageCount;
        Transcribe = Translate + 1;
        StartOfLm = Translate + 2;
        StartOfPrevious = Translate + 3;
        NoSpeech = Translate + 4;
        NoTimestamps = Translate + 5;
        TimestampBegin = Translate + 6;
        Space = Encode(" ")[0];
        NonSpeechTokens = FindNonSpeechTokens();
    }

    public int VocabularySize { get; }

    public bool IsMultilingual { get; }

    public int LanguageCount { get; }

    public int EndOfText { get; }

    public int StartOfTranscript { get; }

    public int Translate { get; }

    public int Transcribe { get; }

    public int StartOfLm { get; }

    public int StartOfPrevious { get; }

    public int NoSpeech { get; }

    public int NoTimestamps { get; }

    /// <summary>The token of 0.00 s; later times follow in steps of 0.02 s up to 30 s, the last token.</summary>
    public int TimestampBegin { get; }

    /// <summary>The token of a single space, which may not come first in a transcript.</summary>
    public int Space { get; }

    /// <summary>Sorted ids of brackets, music notes, speaker dashes and the like: annotations rather than speech.</summary>
    public IReadOnlyList<int> NonSpeechTokens { get; }

    public bool IsTimestamp(int token) => token >= TimestampBegin;

    public double TimestampSeconds(int token) => (token - TimestampBegin) * SecondsPerTimestamp;

    /// <summary>
    /// The codes of the languages that the model knows, in the order of their tokens; an English-only one has English alone, and no token
    /// for it.
    /// </summary>
    public IReadOnlyList<string> Languages => IsMultilingual ? [.. WhisperTable.Codes.Take(LanguageCount)] : ["en"];

    /// <exception cref="ArgumentException">The model has no such language.</exception>
    public int LanguageToken(string code)
    {
        for (var i = 0; i < LanguageCount; i++)
        {
            if (WhisperTable.Codes[i] == code)
                return StartOfTranscript + 1 + i;
        }

        throw new ArgumentException(
            $"The model has no language '{code}'; it has {string.Join(' ', Languages)}.", nameof(code));
    }

    /// <summary>The code of a language token, or null for another token.</summary>
    public string? Language(int token)
    {
        var index = token - StartOfTranscript - 1;
        return index >= 0 && index < LanguageCount ? WhisperTable.Codes[index] : null;
    }

    /// <summary>A text token's bytes, which may be a part of a character; empty for special tokens.</summary>
    public ReadOnlySpan<byte> Bytes(int token) => token >= 0 && token < Math.Min(EndOfText, _vocabulary.Count) ? _vocabulary[token] : [];

    /// <summary>The text of the tokens; special ones give nothing, broken characters U+FFFD.</summary>
    public string Decode(ReadOnlySpan<int> tokens)
    {
        var length = 0;
        foreach (var token in tokens)
            length += Bytes(token).Length;

        var bytes = new byte[length];
        var rest = bytes.AsSpan();
        foreach (var token in tokens)
        {
            Bytes(token).CopyTo(rest);
            rest = rest[Bytes(token).Length..];
        }

        return Encoding.UTF8.GetString(bytes);
    }

    /// <summary>The tokens of plain text; names of special tokens in it are text like any other.</summary>
    public int[] Encode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var tokens = new List<int>(text.Length / 2 + 1);
        foreach (var match in Pieces().EnumerateMatches(text))
            _encoding.Encode(Encoding.UTF8.GetBytes(text, match.Index, match.Length), tokens);
        return [.. tokens];
    }

    [GeneratedRegex(@"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+", RegexOptions.CultureInvariant)]
    private static partial Regex Pieces();

    private int[] FindNonSpeechTokens()
    {
        const string Symbols =
            "\" # ( ) * + / : ; < = > @ [ \\ ] ^ _ ` { | } ~ 「 」 『 』 << >> <<< >>> -- --- -( -[ (' (\" (( )) ((( ))) [[ ]] {{ }} ♪♪ ♪♪♪";
        const string Music = "♩ ♪ ♫ ♬ ♭ ♮ ♯";

        // Hyphens and single quotes are wanted within words, not before them.
        var tokens = new SortedSet<int> { Encode(" -")[0], Encode(" '")[0] };
        foreach (var symbol in Symbols.Split(' '))
        {
            if (Encode(symbol) is [var token])
                tokens.Add(token);
            if (Encode(" " + symbol) is [var spaced])
                tokens.Add(spaced);
        }

        // Where a note is several tokens, the first is of symbols only.
        foreach (var symbol in Music.Split(' '))
        {
            tokens.Add(Encode(symbol)[0]);
            tokens.Add(Encode(" " + symbol)[0]);
        }

        return [.. tokens];
    }
}
