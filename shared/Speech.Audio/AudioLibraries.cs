using System.Runtime.InteropServices;
using Speech.Audio.Opus;
using Speech.Audio.Opus.Managed;
using Speech.Audio.Opus.Native;
using Speech.Audio.Resampling;

namespace Speech.Audio;

/// <summary>
/// The implementations of Opus and of resampling that this process uses, chosen once, at its start, before any of them is made.
/// </summary>
public static class AudioLibraries
{
    private static Chosen _chosen = Choose(AudioLibraryChoice.Auto);

    internal static IOpusLibrary Opus => _chosen.Opus;

    internal static IResamplingLibrary Resampling => _chosen.Resampling;

    /// <summary>For people.</summary>
    public static string Description => $"Opus by {Opus.Name}, resampling by {Resampling.Name}";

    /// <summary>Chooses for what is made from now on; without it, it is as with <see cref="AudioLibraryChoice.Auto"/>.</summary>
    /// <exception cref="MissingNativeLibraryException">A native library is demanded and not installed.</exception>
    public static void Use(AudioLibraryChoice choice) => _chosen = Choose(choice);

    private static Chosen Choose(AudioLibraryChoice choice) => new(
        IsNative(choice, LibOpus.Library, LibOpus.Package) ? new NativeOpus() : new ManagedOpus(),
        IsNative(choice, LibSoxr.Library, LibSoxr.Package) ? new SoxrResampling() : new SpeexResampling());

    private static bool IsNative(AudioLibraryChoice choice, string library, string package)
    {
        // It stays loaded: it is about to be used.
        var isThere = choice != AudioLibraryChoice.Managed && NativeLibrary.TryLoad(library, out _);
        return isThere || choice != AudioLibraryChoice.Native ? isThere : throw new MissingNativeLibraryException(library, package);
    }

    private sealed record Chosen(IOpusLibrary Opus, IResamplingLibrary Resampling);
}
