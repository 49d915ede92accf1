namespace Speech.Models.Nllb;

/// <summary>A text to translate, as <see cref="NllbModel.Prepare"/> makes it of a string.</summary>
public sealed class TranslationRequest
{
    internal TranslationRequest(int[] source, int targetLanguage, TranslationOptions options)
    {
        Source = source;
        TargetLanguage = targetLanguage;
        Options = options;
    }

    /// <summary>Token ids: the source language's, the text's, and the end.</summary>
    public IReadOnlyList<int> Source { get; }

    /// <summary>Token id of the language to translate into.</summary>
    public int TargetLanguage { get; }

    public TranslationOptions Options { get; }
}

/// <summary>A translation.</summary>
/// <param name="Ids">All tokens: the start, the language, the text's, and the end unless it ran into the maximum length.</param>
/// <param name="SumLogProbability">Of the tokens after the language, the end included.</param>
/// <param name="Score">
/// With beams the sum / length^penalty, where the length counts the language and the end but not the start, as Hugging Face's
/// sequences_scores; without, the sum itself.
/// </param>
public sealed record TranslatedText(string Text, IReadOnlyList<int> Ids, double SumLogProbability, double Score);
