namespace Speech.Tensors.Files;

/// <summary>How the elements of a <see cref="WeightTensor"/> are stored.</summary>
public enum ElementType
{
    Single,

    /// <summary>IEEE halves.</summary>
    Half,

    /// <summary>The upper half of a float.</summary>
    BFloat16,

    /// <summary>Anything else: it can be listed but not read.</summary>
    Other,
}
