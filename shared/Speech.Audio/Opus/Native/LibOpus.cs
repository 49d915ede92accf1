using System.Runtime.InteropServices;

namespace Speech.Audio.Opus.Native;

/// <summary>
/// The part of libopus that we call (opus.h, opus_defines.h; version 1.1 or later).
/// The ctl functions are variadic in C; on Linux (System V x86-64, AAPCS64) a variadic call passes integer and pointer
/// arguments exactly as a plain one, so that plain declarations serve.
/// </summary>
internal static unsafe partial class LibOpus
{
    public const string Library = "libopus.so.0";
    public const string Package = "libopus0";

    public const int SetBitRate = 4002;
    public const int SetComplexity = 4010;
    public const int SetInBandFec = 4012;
    public const int SetPacketLossPercent = 4014;
    public const int SetDtx = 4016;
    public const int GetLookahead = 4027;
    public const int ResetState = 4028;
    public const int SetGain = 4034;

    [LibraryImport(Library, EntryPoint = "opus_decoder_create")]
    public static partial nint CreateDecoder(int sampleRate, int channels, out int error);

    [LibraryImport(Library, EntryPoint = "opus_decoder_destroy")]
    public static partial void DestroyDecoder(nint decoder);

    [LibraryImport(Library, EntryPoint = "opus_decode_float")]
    public static partial int Decode(OpusDecoderHandle decoder, byte* packet, int length, float* pcm, int frameSize, int useFec);

    [LibraryImport(Library, EntryPoint = "opus_decoder_ctl")]
    public static partial int ControlDecoder(OpusDecoderHandle decoder, int request, int value);

    [LibraryImport(Library, EntryPoint = "opus_encoder_create")]
    public static partial nint CreateEncoder(int sampleRate, int channels, int application, out int error);

    [LibraryImport(Library, EntryPoint = "opus_encoder_destroy")]
    public static partial void DestroyEncoder(nint encoder);

    [LibraryImport(Library, EntryPoint = "opus_encode_float")]
    public static partial int Encode(OpusEncoderHandle encoder, float* pcm, int frameSize, byte* packet, int maxLength);

    [LibraryImport(Library, EntryPoint = "opus_encoder_ctl")]
    public static partial int ControlEncoder(OpusEncoderHandle encoder, int request, int value);

    [LibraryImport(Library, EntryPoint = "opus_encoder_ctl")]
    public static partial int QueryEncoder(OpusEncoderHandle encoder, int request, out int value);

    [LibraryImport(Library, EntryPoint = "opus_strerror")]
    private static partial nint ErrorText(int error);

    /// <summary>For calls that can fail only if we called them wrongly, or memory ran out.</summary>
    public static int Check(int result, string call) => result >= 0
        ? result
        : throw new InvalidOperationException($"libopus: {call} failed: {Marshal.PtrToStringUTF8(ErrorText(result))}.");
}

internal sealed class OpusDecoderHandle(int sampleRate, int channels) : NativeHandle(Create(sampleRate, channels))
{
    protected override bool ReleaseHandle()
    {
        LibOpus.DestroyDecoder(handle);
        return true;
    }

    private static nint Create(int sampleRate, int channels)
    {
        var created = LibOpus.CreateDecoder(sampleRate, channels, out var error);
        LibOpus.Check(error, "opus_decoder_create");
        return created;
    }
}

internal sealed class OpusEncoderHandle(int sampleRate, int channels, int application)
    : NativeHandle(Create(sampleRate, channels, application))
{
    protected override bool ReleaseHandle()
    {
        LibOpus.DestroyEncoder(handle);
        return true;
    }

    private static nint Create(int sampleRate, int channels, int application)
    {
        var created = LibOpus.CreateEncoder(sampleRate, channels, application, out var error);
        LibOpus.Check(error, "opus_encoder_create");
        return created;
    }
}
