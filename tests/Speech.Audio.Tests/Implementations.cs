using System.Runtime.InteropServices;
using Speech.Audio.Opus;
using Speech.Audio.Opus.Managed;
using Speech.Audio.Opus.Native;
using Speech.Audio.Resampling;

namespace Speech.Audio.Tests;

/// <summary>What there is on this machine of each library.</summary>
internal static class Implementations
{
    public static readonly bool HasLibOpus = NativeLibrary.TryLoad(LibOpus.Library, out _);

    public static readonly bool HasLibSoxr = NativeLibrary.TryLoad(LibSoxr.Library, out _);

    public static IEnumerable<IOpusLibrary> OfOpus => HasLibOpus ? [new NativeOpus(), new ManagedOpus()] : [new ManagedOpus()];

    public static IEnumerable<IResamplingLibrary> OfResampling =>
        HasLibSoxr ? [new SoxrResampling(), new SpeexResampling()] : [new SpeexResampling()];
}
