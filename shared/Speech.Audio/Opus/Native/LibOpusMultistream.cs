using System.Runtime.InteropServices;

namespace Speech.Audio.Opus.Native;

/// <summary>opus_multistream.h: several streams in one packet.</summary>
internal static unsafe partial class LibOpus
{
    [LibraryImport(Library, EntryPoint = "opus_multistream_decoder_create")]
    public static partial nint CreateMultistreamDecoder(
        int sampleRate, int channels, int streams, int coupled, byte* mapping, out int error);

    [LibraryImport(Library, EntryPoint = "opus_multistream_decoder_destroy")]
    public static partial void DestroyMultistreamDecoder(nint decoder);

    [LibraryImport(Library, EntryPoint = "opus_multistream_decode_float")]
    public static partial int DecodeMultistream(
        OpusMultistreamHandle decoder, byte* packet, int length, float* pcm, int frameSize, int useFec);

    [LibraryImport(Library, EntryPoint = "opus_multistream_decoder_ctl")]
    public static partial int ControlMultistreamDecoder(OpusMultistreamHandle decoder, int request, int value);
}

internal sealed class OpusMultistreamHandle(int sampleRate, int streams, int coupled, byte[] mapping)
    : NativeHandle(Create(sampleRate, streams, coupled, mapping))
{
    protected override bool ReleaseHandle()
    {
        LibOpus.DestroyMultistreamDecoder(handle);
        return true;
    }

    private static unsafe nint Create(int sampleRate, int streams, int coupled, byte[] mapping)
    {
        fixed (byte* channels = mapping)
        {
            var created = LibOpus.CreateMultistreamDecoder(sampleRate, mapping.Length, streams, coupled, channels, out var error);
            LibOpus.Check(error, "opus_multistream_decoder_create");
            return created;
        }
    }
}
