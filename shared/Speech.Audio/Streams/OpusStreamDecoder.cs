using System.Buffers;
using Speech.Audio.Opus;

namespace Speech.Audio.Streams;

/// <summary>
/// One Opus packet per message. A broken one is concealed for as long as the one before lasted, so that times stay right; an empty one says
/// that 20 ms are missing (lost, or left out by the sender's discontinuous transmission), which are concealed.
/// </summary>
internal sealed class OpusStreamDecoder(AudioStreamLimits limits) : IAudioStreamDecoder
{
    /// <summary>So many messages of which none is an Opus packet are something else.</summary>
    private const int MaxCorruptAtStart = 50;

    private const int EmptySamples = AudioRate.Model / 50;

    private readonly OpusDecoder _decoder = new();

    public long DamagedParts => _decoder.CorruptPackets;

    public AudioFault Faults => _decoder.HasCancelled ? AudioFault.ChannelsCancel : AudioFault.None;

    public void Decode(ReadOnlySpan<byte> message, IBufferWriter<float> output)
    {
        AudioStreamDecoder.RequireLength(message, limits.MaxMessageBytes);
        var pcm = output.GetSpan(_decoder.MaxSamples);
        output.Advance(message.IsEmpty ? _decoder.Conceal(pcm[..EmptySamples]) : _decoder.Decode(message, pcm).Samples);
        if (_decoder.CorruptPackets >= MaxCorruptAtStart)
            RequirePackets();
    }

    public void Complete(IBufferWriter<float> output)
    {
        if (_decoder.CorruptPackets > 0)
            RequirePackets();
    }

    public void Dispose() => _decoder.Dispose();

    private void RequirePackets()
    {
        if (_decoder.DecodedPackets == 0)
            throw new AudioFormatException(
                $"None of the first {_decoder.CorruptPackets} messages is an Opus packet: send one packet, without a container, in each.");
    }
}
