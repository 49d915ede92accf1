namespace Speech.Audio.Files;

public enum AudioContainer
{
    Wav,
    OggOpus,

    /// <summary>Samples without any header.</summary>
    RawPcm,
}
