namespace Speech.Tensors;

/// <summary>How a <see cref="KeyValueCache"/> stores its numbers. Attention is computed in floats.</summary>
public enum CacheFormat
{
    Single,

    /// <summary>IEEE halves.</summary>
    Half,

    /// <summary>
    /// Signed bytes, with a scale for each key and each value of a head: little more than half the bytes of halves. What that rounds off
    /// averages out where many positions share the attention; where a few have most of it, it does not (Whisper's log-probabilities move by
    /// 0.04). So four more bits of each number are kept elsewhere, and read only where they matter: at positions that get more than a 128th
    /// of the attention, of which there are fewer than 128 (then log-probabilities move by 0.004 at most, by 0.0002 as a rule; with keys of
    /// halves and no more than eight bits of values it was 0.01 and 0.0007). For what is written once and read many times.
    /// </summary>
    /// <remarks>
    /// Scores from part of the bytes, then all bytes of the few positions that matter: SparQ Attention (Ribar et al., arXiv 2312.04985).
    /// Ours differs in what it leaves out: low bits instead of small numbers, and no position.
    /// </remarks>
    Int8,
}
