namespace Speech.Client;

/// <summary>Samples that are all there.</summary>
internal sealed class MemorySamples(ReadOnlyMemory<float> all) : ISampleSource
{
    public ValueTask<int> ReadAsync(long position, Memory<float> samples, CancellationToken cancellationToken)
    {
        var rest = all[(int)Math.Min(position, all.Length)..];
        var count = Math.Min(rest.Length, samples.Length);
        rest[..count].CopyTo(samples);
        return ValueTask.FromResult(count);
    }

    public void Release(long position)
    {
    }
}
