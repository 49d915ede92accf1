namespace Speech.Client;

/// <summary>16 kHz mono in -1..1 that is sent piece by piece, and some of it once more after a connection was lost.</summary>
public interface ISampleSource
{
    /// <summary>
    /// Samples from a position on, as soon as there are any: where the last call ended, or further back, but not before what was released.
    /// </summary>
    /// <returns>How many; 0 at the end.</returns>
    ValueTask<int> ReadAsync(long position, Memory<float> samples, CancellationToken cancellationToken);

    /// <summary>The server has all before this position: it will not be asked for again.</summary>
    void Release(long position);
}
