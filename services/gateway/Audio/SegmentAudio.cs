using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Speech.Audio.Pcm;

namespace Speech.Gateway.Audio;

/// <summary>A segment's samples as they travel in a job.</summary>
internal static class SegmentAudio
{
    /// <summary>16-bit little-endian samples, in an array of their own: the segmenter's are soon overwritten.</summary>
    public static byte[] ToPcm(ReadOnlySpan<float> samples)
    {
        var bytes = GC.AllocateUninitializedArray<byte>(samples.Length * sizeof(short));
        var pcm = MemoryMarshal.Cast<byte, short>(bytes.AsSpan());
        PcmConverter.ToInt16(samples, pcm);
        if (!BitConverter.IsLittleEndian)
            BinaryPrimitives.ReverseEndianness(pcm, pcm);
        return bytes;
    }
}
