using System.Runtime.InteropServices;

namespace Speech.Audio.Resampling;

/// <summary>
/// The part of libsoxr that we call (soxr.h, 0.1). Null specifications mean interleaved float32 in and out,
/// quality SOXR_HQ (20 bit), one thread.
/// </summary>
internal static unsafe partial class LibSoxr
{
    public const string Library = "libsoxr.so.0";
    public const string Package = "libsoxr0";

    [LibraryImport(Library, EntryPoint = "soxr_create")]
    public static partial nint Create(
        double inputRate, double outputRate, uint channels, out nint error, nint ioSpec, nint qualitySpec, nint runtimeSpec);

    [LibraryImport(Library, EntryPoint = "soxr_process")]
    public static partial nint Process(
        SoxrHandle soxr, float* input, nuint inputLength, out nuint inputDone, float* output, nuint outputLength, out nuint outputDone);

    [LibraryImport(Library, EntryPoint = "soxr_delete")]
    public static partial void Delete(nint soxr);

    /// <param name="error">A C string, or null for success.</param>
    public static void Check(nint error, string call)
    {
        if (error != 0)
            throw new InvalidOperationException($"libsoxr: {call} failed: {Marshal.PtrToStringUTF8(error)}.");
    }
}

internal sealed class SoxrHandle(int fromRate, int toRate) : NativeHandle(Create(fromRate, toRate))
{
    protected override bool ReleaseHandle()
    {
        LibSoxr.Delete(handle);
        return true;
    }

    private static nint Create(int fromRate, int toRate)
    {
        var created = LibSoxr.Create(fromRate, toRate, 1, out var error, 0, 0, 0);
        LibSoxr.Check(error, "soxr_create");
        return created;
    }
}
