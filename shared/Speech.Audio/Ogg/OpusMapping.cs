namespace Speech.Audio.Ogg;

/// <summary>
/// How the channels of an Opus stream of mapping family 1 come out of several Opus streams in each packet (RFC 7845, section 5.1.1):
/// coupled streams are stereo and come first.
/// </summary>
/// <param name="Channels">For each channel, in Vorbis' order, the decoded channel that it is, or 255 for silence.</param>
public sealed record OpusMapping(int Streams, int Coupled, byte[] Channels)
{
    public const int MaxChannels = 8;

    private const byte Silence = 255;

    /// <summary>Whether packets are plain Opus, for any decoder.</summary>
    public bool IsPlain => Streams == 1;

    /// <param name="table">What follows the family in an OpusHead.</param>
    /// <exception cref="AudioFormatException">It makes no sense.</exception>
    internal static OpusMapping Parse(int channels, ReadOnlySpan<byte> table)
    {
        if (channels is < 1 or > MaxChannels)
            throw new AudioFormatException($"An OpusHead of mapping family 1 has 1 to {MaxChannels} channels, not {channels}.");
        if (table.Length < 2 + channels)
            throw new AudioFormatException(
                $"The OpusHead ends within its channel mapping: {channels} channels need {2 + channels} bytes, {table.Length} are there.");
        var mapping = new OpusMapping(table[0], table[1], table.Slice(2, channels).ToArray());
        var decoded = mapping.Streams + mapping.Coupled;
        if (mapping.Streams == 0 || mapping.Coupled > mapping.Streams || decoded > 255
            || mapping.Channels.Any(channel => channel >= decoded && channel != Silence))
            throw new AudioFormatException(
                $"The OpusHead's channel mapping makes no sense: {mapping.Streams} streams, {mapping.Coupled} of them coupled, channels {string.Join(',', mapping.Channels)}.");
        return mapping;
    }
}
