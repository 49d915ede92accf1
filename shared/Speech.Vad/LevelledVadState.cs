using System.Buffers.Binary;

namespace Speech.Vad;

/// <summary>
/// What <see cref="LevelledVad"/> remembers of one stream: the stream's level and both detectors' states. One thread at a time.
/// </summary>
public sealed class LevelledVadState
{
    /// <summary>What <see cref="Write"/> writes.</summary>
    public const int ByteCount = 2 * SileroVadState.ByteCount + sizeof(float);

    internal SileroVadState Detector { get; } = new();

    /// <summary>Of the detector that hears a quiet stream raised; reset while the stream is not.</summary>
    internal SileroVadState OfQuiet { get; } = new();

    /// <summary>Of full scale. Of a new stream nothing is known: it may be a quiet one.</summary>
    internal float Decibels { get; set; } = LevelledVad.LowestDecibels;

    public void CopyTo(LevelledVadState other)
    {
        Detector.CopyTo(other.Detector);
        OfQuiet.CopyTo(other.OfQuiet);
        other.Decibels = Decibels;
    }

    /// <summary>Saves the state, for <see cref="TryRead"/>: the level as a 32-bit float, little-endian, and the detectors'.</summary>
    /// <param name="bytes">Of at least <see cref="ByteCount"/>.</param>
    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteSingleLittleEndian(bytes, Decibels);
        Detector.Write(bytes[sizeof(float)..]);
        OfQuiet.Write(bytes[(sizeof(float) + SileroVadState.ByteCount)..]);
    }

    /// <summary>Takes over a saved state; false, and the beginning of a stream, when these are not the bytes of one.</summary>
    public bool TryRead(ReadOnlySpan<byte> bytes)
    {
        Detector.Reset();
        OfQuiet.Reset();
        Decibels = LevelledVad.LowestDecibels;
        if (bytes.Length != ByteCount)
            return false;
        var decibels = BinaryPrimitives.ReadSingleLittleEndian(bytes);
        var detectors = bytes[sizeof(float)..];
        if (decibels is not (>= LevelledVad.LowestDecibels and <= 20)
            || !Detector.TryRead(detectors[..SileroVadState.ByteCount]) || !OfQuiet.TryRead(detectors[SileroVadState.ByteCount..]))
        {
            Detector.Reset();
            return false;
        }
        Decibels = decibels;
        return true;
    }
}
