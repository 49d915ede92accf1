namespace Speech.Audio.Files;

public enum AudioContainer
{
    Wav,
    OggOpus,

    /// <summary>WebM or Matroska with Opus.</summary>
    WebM,

    /// <summary>Samples without any header.</summary>
    RawPcm,
}
