namespace Speech.Models.Nllb;

/// <summary>Text to the ids of a translation model and back. A source is <c>[source language] pieces &lt;/s&gt;</c>; a target begins with
/// the token of its own language, which the decoder is forced to write first. Immutable, so that many threads may share one.</summary>
public interface ITranslationTokenizer
{
    /// <summary>
    /// The model's own codes of its languages, in the order of their tokens: <c>fra_Latn</c> for NLLB, <c>fr</c> for M2M100.
    /// </summary>
    IReadOnlyList<string> Languages { get; }

    /// <summary>Ids run from 0 to one less than this; the model's embedding may have a few more rows, which no token uses.</summary>
    int TokenCount { get; }

    /// <summary><c>&lt;/s&gt;</c>, which ends a sequence and also starts the decoder.</summary>
    int EndToken { get; }

    int PaddingToken { get; }

    int UnknownToken { get; }

    /// <summary>The model's own code of a language given by that code, by NLLB's (<c>fra_Latn</c>) or by ISO 639-1's (<c>fr</c>); null when
    /// the model has no such language.</summary>
    string? FindLanguage(string code);

    /// <summary>The token of a language, given as for <see cref="FindLanguage"/>.</summary>
    /// <exception cref="ArgumentException">The model has no such language.</exception>
    int LanguageToken(string code);

    /// <summary>The ids of a source text, its language's token first and <see cref="EndToken"/> last. Names of special tokens in the text
    /// are text like any other. The text is not cut, however long it is.</summary>
    /// <exception cref="ArgumentException">The model has no such language.</exception>
    int[] Encode(string text, string sourceLanguage);

    /// <summary>
    /// The text of the ids, without blanks at its ends; special tokens, languages and ids that are no token give nothing.
    /// </summary>
    string Decode(ReadOnlySpan<int> ids);
}
