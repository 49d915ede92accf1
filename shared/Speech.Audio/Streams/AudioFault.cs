namespace Speech.Audio.Streams;

/// <summary>What is wrong with a client's audio though it can be heard: it should be told, once.</summary>
[Flags]
public enum AudioFault
{
    None = 0,

    /// <summary>Channels cancel each other; the louder one is heard alone.</summary>
    ChannelsCancel = 1,

    /// <summary>Float samples are on the scale of integers; they are divided by 32768.</summary>
    IntegerScale = 2,
}

public static class AudioFaults
{
    public static IEnumerable<string> DescribeAll(this AudioFault faults) =>
        Enum.GetValues<AudioFault>().Where(fault => fault != AudioFault.None && faults.HasFlag(fault)).Select(Describe);

    /// <summary>For people, as a sentence.</summary>
    /// <param name="fault">One.</param>
    public static string Describe(this AudioFault fault) => fault switch
    {
        AudioFault.ChannelsCancel =>
            "The channels cancel each other when they are mixed (one is the inverse of another): only the louder one is heard. Look at the wiring, or send one channel.",
        AudioFault.IntegerScale =>
            "The float samples are far beyond -1..1, as if they were 16-bit integers: they are divided by 32768. Divide them before you send them, or send pcm_s16le.",
        _ => throw new ArgumentOutOfRangeException(nameof(fault), fault, null),
    };
}
