using Speech.Tensors;
using Speech.Tensors.Cpu;

namespace Speech.Models.Whisper;

/// <summary>What one sequence carries from step to step: for each layer the keys and values of its tokens, and those of its audio.</summary>
public sealed class DecoderState : IDisposable
{
    internal DecoderState(CpuDevice device, WhisperHyperParameters p)
    {
        KeyValueCache NewCache(int capacity) => new(device, p.TextHeads, WhisperHyperParameters.HeadSize, capacity, half: true);
        SelfAttention = [.. Enumerable.Range(0, p.TextLayers).Select(_ => NewCache(p.TextContext))];
        CrossAttention = [.. Enumerable.Range(0, p.TextLayers).Select(_ => NewCache(p.AudioContext))];
    }

    /// <summary>Tokens taken in so far: the position of the next.</summary>
    public int Length => SelfAttention[0].Count;

    /// <summary>Memory of the caches.</summary>
    public long SizeInBytes => SelfAttention.Sum(cache => cache.SizeInBytes) + CrossAttention.Sum(cache => cache.SizeInBytes);

    internal KeyValueCache[] SelfAttention { get; }

    internal KeyValueCache[] CrossAttention { get; }

    /// <summary>Forgets tokens and audio.</summary>
    public void Clear()
    {
        foreach (var cache in SelfAttention)
            cache.Clear();
        foreach (var cache in CrossAttention)
            cache.Clear();
    }

    public void Dispose()
    {
        foreach (var cache in SelfAttention)
            cache.Dispose();
        foreach (var cache in CrossAttention)
            cache.Dispose();
    }
}
