namespace Speech.Audio.Segmentation;

/// <summary>How the audio at a point where segments may begin goes on from what was before.</summary>
public enum Continuation
{
    /// <summary>It does not: speech that begins here has to prove itself.</summary>
    None,

    /// <summary>It is the rest of a segment that was cut here, in a pause.</summary>
    InPause,

    /// <summary>It is the rest of a segment that was cut here, in the middle of speech.</summary>
    InSpeech,
}
