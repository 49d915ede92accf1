using System.Buffers;
using Speech.Audio.Opus;

namespace Speech.Audio.Streams;

/// <summary>One Opus packet per message; an empty or broken one is concealed, so that times stay right.</summary>
internal sealed class OpusStreamDecoder(AudioStreamLimits limits) : IAudioStreamDecoder
{
    private readonly OpusDecoder _decoder = new();

    public long DamagedParts => _decoder.CorruptPackets + _decoder.LostPackets;

    public AudioFault Faults => _decoder.HasCancelled ? AudioFault.ChannelsCancel : AudioFault.None;

    public void Decode(ReadOnlySpan<byte> message, IBufferWriter<float> output)
    {
        AudioStreamDecoder.RequireLength(message, limits.MaxMessageBytes);
        var result = _decoder.Decode(message, output.GetSpan(_decoder.MaxSamples));
        output.Advance(result.Samples);
    }

    public void Complete(IBufferWriter<float> output)
    {
    }

    public void Dispose() => _decoder.Dispose();
}
