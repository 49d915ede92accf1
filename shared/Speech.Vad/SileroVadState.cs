using System.Runtime.InteropServices;

namespace Speech.Vad;

/// <summary>What the detector remembers of one stream: the LSTM's state and the end of the previous window. One thread at a time.</summary>
public sealed class SileroVadState
{
    /// <summary>What <see cref="Write"/> writes.</summary>
    public const int ByteCount = (2 * SileroVad.HiddenSize + SileroVad.ContextLength) * sizeof(float);

    internal float[] Hidden { get; } = new float[SileroVad.HiddenSize];

    internal float[] Cell { get; } = new float[SileroVad.HiddenSize];

    internal float[] Context { get; } = new float[SileroVad.ContextLength];

    public void CopyTo(SileroVadState other)
    {
        Hidden.CopyTo(other.Hidden, 0);
        Cell.CopyTo(other.Cell, 0);
        Context.CopyTo(other.Context, 0);
    }

    /// <summary>
    /// Saves the state, for <see cref="TryRead"/>: hidden, cell and context as 32-bit floats of this machine's byte order.
    /// </summary>
    /// <param name="bytes">Of at least <see cref="ByteCount"/>.</param>
    public void Write(Span<byte> bytes)
    {
        var floats = MemoryMarshal.Cast<byte, float>(bytes[..ByteCount]);
        Hidden.CopyTo(floats);
        Cell.CopyTo(floats[SileroVad.HiddenSize..]);
        Context.CopyTo(floats[(2 * SileroVad.HiddenSize)..]);
    }

    /// <summary>Takes over a saved state; false, and the beginning of a stream, when these are not the bytes of one.</summary>
    public bool TryRead(ReadOnlySpan<byte> bytes)
    {
        Reset();
        if (bytes.Length != ByteCount)
            return false;
        var floats = MemoryMarshal.Cast<byte, float>(bytes);
        foreach (var value in floats)
        {
            if (!float.IsFinite(value))
                return false;
        }

        floats[..SileroVad.HiddenSize].CopyTo(Hidden);
        floats.Slice(SileroVad.HiddenSize, SileroVad.HiddenSize).CopyTo(Cell);
        floats[(2 * SileroVad.HiddenSize)..].CopyTo(Context);
        return true;
    }

    /// <summary>Back to the beginning of a stream.</summary>
    public void Reset()
    {
        Array.Clear(Hidden);
        Array.Clear(Cell);
        Array.Clear(Context);
    }
}
