namespace Speech.Tensors;

/// <summary>What a linear layer does with its sums.</summary>
public enum Activation
{
    None,

    /// <summary>The exact form, 0.5·x·(1 + erf(x/√2)), as in openai/whisper.</summary>
    Gelu,

    /// <summary>max(x, 0).</summary>
    Relu,
}
