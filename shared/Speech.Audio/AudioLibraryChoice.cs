namespace Speech.Audio;

/// <summary>Which implementations of Opus and of resampling a process uses.</summary>
public enum AudioLibraryChoice
{
    /// <summary>The native library where it is installed, else the managed one; for each of the two by itself.</summary>
    Auto,

    /// <summary>libopus and libsoxr.</summary>
    Native,

    /// <summary>Concentus, which needs nothing installed and takes more time; see the README beside this.</summary>
    Managed,
}
