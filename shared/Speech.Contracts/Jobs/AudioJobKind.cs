namespace Speech.Contracts.Jobs;

public enum AudioJobKind
{
    /// <summary>A whole segment: its transcript must come, exactly once.</summary>
    Final,

    /// <summary>The beginning of a segment that still goes on: worth doing only when nothing else waits.</summary>
    Interim,
}

public static class AudioJobKindExtensions
{
    /// <summary>As written in the job and in the stream entry's field <c>kind</c>.</summary>
    public static string ToWireName(this AudioJobKind kind) => kind == AudioJobKind.Final ? "final" : "interim";
}
