namespace Speech.Tensors;

/// <summary>
/// How a <see cref="PackedMatrix"/> stores its weights. Products are computed in floats in every format, from exactly the stored values.
/// </summary>
public enum WeightFormat
{
    Single,

    /// <summary>IEEE halves.</summary>
    Half,

    /// <summary>Signed bytes with a scale for each 32 inputs of an output: <see cref="Int8Block"/>.</summary>
    Int8,

    /// <summary>Signed bytes with one scale for each output, applied to the finished sum.</summary>
    Int8Rows,
}
