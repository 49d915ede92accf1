using Speech.Models.Transformer;
using Speech.Tensors;
using Speech.Tensors.Cpu;

namespace Speech.Models.Batching;

/// <summary>What a continuous batch needs of a model.</summary>
internal interface IEncoderDecoder
{
    CpuDevice Device { get; }

    /// <summary>The most rows of one <see cref="Decode"/>.</summary>
    int MaximumRows { get; }

    /// <summary>The most positions that the encoder takes at once, over all requests.</summary>
    int MaximumEncoderRows { get; }

    EncoderMemory NewEncoderMemory();

    DecoderState NewDecoderState();

    /// <summary>One decoder step. Rows of one sequence are neighbours and in order.</summary>
    /// <returns>[rows that want logits, vocabulary], valid until the next call, free to be overwritten.</returns>
    TensorView Decode(ReadOnlySpan<DecoderRow> rows);
}
