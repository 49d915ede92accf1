using System.Buffers.Binary;

namespace Speech.Audio.Ogg;

/// <summary>
/// The identification header of an Ogg Opus stream (RFC 7845, section 5.1): of mapping family 0 (mono and stereo) or 1 (surround).
/// </summary>
/// <param name="PreSkip48k">Samples at 48 kHz to drop from the decoder's first output.</param>
/// <param name="InputSampleRate">What the encoder was fed, in Hz; for information only.</param>
/// <param name="Gain">Amplification in 1/256 dB.</param>
public readonly record struct OpusHead(int Channels, int PreSkip48k, uint InputSampleRate, short Gain)
{
    public const int Bytes = 19;

    /// <summary>Of family 1; null for family 0, whose packets hold one stream.</summary>
    public OpusMapping? Mapping { get; init; }

    internal static ReadOnlySpan<byte> Magic => "OpusHead"u8;

    internal static ReadOnlySpan<byte> TagsMagic => "OpusTags"u8;

    /// <exception cref="AudioFormatException">Not an OpusHead, or one of a kind that we do not decode.</exception>
    public static OpusHead Parse(ReadOnlySpan<byte> packet)
    {
        if (packet.Length < Bytes || !packet.StartsWith(Magic))
            throw new AudioFormatException(
                $"The Ogg stream does not begin with a whole OpusHead ({packet.Length} bytes, at least {Bytes} are needed).");
        if ((packet[8] & 0xf0) != 0)
            throw new AudioFormatException($"OpusHead version {packet[8]} is not known; versions 0 to 15 are.");
        var (channels, family) = (packet[9], packet[18]);
        if (family > 1)
            throw new AudioFormatException($"Opus channel mapping family {family} ({channels} channels) is not supported; send mono or stereo (family 0) or surround (1).");
        if (family == 0 && channels is not (1 or 2))
            throw new AudioFormatException($"An OpusHead of mapping family 0 has 1 or 2 channels, not {channels}.");
        return new OpusHead(
            channels,
            BinaryPrimitives.ReadUInt16LittleEndian(packet[10..]),
            BinaryPrimitives.ReadUInt32LittleEndian(packet[12..]),
            BinaryPrimitives.ReadInt16LittleEndian(packet[16..]))
        {
            Mapping = family == 1 ? OpusMapping.Parse(channels, packet[Bytes..]) : null,
        };
    }

    /// <param name="packet">Room for <see cref="Bytes"/>.</param>
    public void Write(Span<byte> packet)
    {
        Magic.CopyTo(packet);
        packet[8] = 1;
        packet[9] = (byte)Channels;
        BinaryPrimitives.WriteUInt16LittleEndian(packet[10..], (ushort)PreSkip48k);
        BinaryPrimitives.WriteUInt32LittleEndian(packet[12..], InputSampleRate);
        BinaryPrimitives.WriteInt16LittleEndian(packet[16..], Gain);
        packet[18] = 0;
    }
}
