using Speech.Tensors;
using Speech.Tensors.Cpu;

namespace Speech.Models.Whisper;

/// <summary>Encoded audio as the decoder attends to it: for each decoder layer the keys and values of its positions. Any number of sequences may share it.</summary>
public sealed class AudioFeatures : IDisposable
{
    internal AudioFeatures(CpuDevice device, WhisperHyperParameters p) =>
        Layers = [.. Enumerable.Range(0, p.TextLayers).Select(_ => new KeyValueCache(device, p.TextHeads, WhisperHyperParameters.HeadSize, p.AudioContext, half: true))];

    /// <summary>Positions of 20 ms held.</summary>
    public int Positions => Layers[0].Count;

    /// <summary>Memory of the caches.</summary>
    public long SizeInBytes => Layers.Sum(cache => cache.SizeInBytes);

    internal KeyValueCache[] Layers { get; }

    public void Dispose()
    {
        foreach (var cache in Layers)
            cache.Dispose();
    }
}
