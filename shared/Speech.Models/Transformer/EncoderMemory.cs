using Speech.Tensors;
using Speech.Tensors.Cpu;

namespace Speech.Models.Transformer;

/// <summary>
/// What an encoder understood, as the decoder attends to it: for each decoder layer the keys and values of its positions. Any number of
/// sequences may share it.
/// </summary>
public sealed class EncoderMemory : IDisposable
{
    /// <param name="decoder">Of the decoder that attends.</param>
    /// <param name="maximumPositions">Of the encoder.</param>
    internal EncoderMemory(CpuDevice device, TransformerShape decoder, int maximumPositions) =>
        Layers = [.. Enumerable.Range(0, decoder.Layers)
            .Select(_ => new KeyValueCache(device, decoder.Heads, decoder.HeadSize, maximumPositions, decoder.Memories))];

    /// <summary>Encoder positions held.</summary>
    public int Positions => Layers[0].Count;

    /// <summary>The most memory that the caches can take.</summary>
    public long MaximumBytes => Layers.Sum(cache => cache.MaximumBytes);

    /// <summary>What a token that attends to it reads.</summary>
    public long BytesRead => Layers.Sum(cache => cache.BytesRead);

    internal KeyValueCache[] Layers { get; }

    public void Dispose()
    {
        foreach (var cache in Layers)
            cache.Dispose();
    }
}
