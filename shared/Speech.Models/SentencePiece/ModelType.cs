namespace Speech.Models.SentencePiece;

/// <summary>How a model divides text into pieces; the numbers are those of the file.</summary>
public enum ModelType
{
    None = 0,

    /// <summary>Into the pieces whose scores, log-probabilities, have the highest sum.</summary>
    Unigram = 1,

    /// <summary>By merging adjacent pieces, the best first.</summary>
    Bpe = 2,
}
