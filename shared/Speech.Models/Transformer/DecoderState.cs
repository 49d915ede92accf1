using Speech.Tensors;
using Speech.Tensors.Cpu;

namespace Speech.Models.Transformer;

/// <summary>What one sequence of tokens carries from step to step: for each decoder layer its keys and values.</summary>
public sealed class DecoderState : IDisposable
{
    internal DecoderState(CpuDevice device, TransformerShape decoder) =>
        Layers = [.. Enumerable.Range(0, decoder.Layers)
            .Select(_ => new KeyValueCache(device, decoder.Heads, decoder.HeadSize, decoder.MaximumLength, decoder.States))];

    /// <summary>Tokens taken in so far: the position of the next.</summary>
    public int Length => Layers[0].Count;

    /// <summary>The most memory that the caches can take.</summary>
    public long MaximumBytes => Layers.Sum(cache => cache.MaximumBytes);

    internal KeyValueCache[] Layers { get; }

    /// <summary>Forgets all tokens.</summary>
    public void Clear()
    {
        foreach (var cache in Layers)
            cache.Clear();
    }

    /// <summary>Becomes the same sequence as <paramref name="other"/>: how a beam forks.</summary>
    public void CopyFrom(DecoderState other)
    {
        for (var layer = 0; layer < Layers.Length; layer++)
            Layers[layer].CopyFrom(other.Layers[layer]);
    }

    public void Dispose()
    {
        foreach (var cache in Layers)
            cache.Dispose();
    }
}
