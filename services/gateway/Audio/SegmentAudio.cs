using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Speech.Audio.Pcm;

namespace Speech.Gateway.Audio;

/// <summary>A segment's samples as they travel in a job.</summary>
internal static class SegmentAudio
{
    /// <summary>Peaks below -50 dB leave 7 of the 16 bits.</summary>
    private const float Quiet = 0.003f;

    /// <summary>What a quiet segment's peak becomes.</summary>
    private const float Raised = 0.25f;

    private const float MaxGain = 100;

    /// <summary>
    /// 16-bit little-endian samples, in an array of their own: the segmenter's are soon overwritten. A segment that is very quiet
    /// throughout is raised as a whole, so that rounding takes nothing from it.
    /// </summary>
    public static byte[] ToPcm(ReadOnlySpan<float> samples)
    {
        var peak = samples.IsEmpty ? 0 : Math.Abs(TensorPrimitives.MaxMagnitude(samples));
        if (peak is > 0 and < Quiet)
        {
            var raised = new float[samples.Length];
            TensorPrimitives.Multiply(samples, Math.Min(MaxGain, Raised / peak), raised);
            samples = raised;
        }
        var bytes = GC.AllocateUninitializedArray<byte>(samples.Length * sizeof(short));
        var pcm = MemoryMarshal.Cast<byte, short>(bytes.AsSpan());
        PcmConverter.ToInt16(samples, pcm);
        if (!BitConverter.IsLittleEndian)
            BinaryPrimitives.ReverseEndianness(pcm, pcm);
        return bytes;
    }
}
