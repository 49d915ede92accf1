namespace Speech.Tensors;

/// <summary>How a <see cref="KeyValueCache"/> stores its numbers. Attention is computed in floats.</summary>
public enum CacheFormat
{
    Single,

    /// <summary>IEEE halves.</summary>
    Half,

    /// <summary>
    /// Keys as halves, values as signed bytes with a scale for each of a head: three quarters of the bytes of halves. The errors of values average out;
    /// keys would need ten bits and more (with eight of them Whisper's log-probabilities move by 0.02, with this by 0.002). For what is written once and read
    /// many times.
    /// </summary>
    HalfKeysInt8Values,
}
