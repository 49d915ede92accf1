using Concentus;
using Speech.Audio.Ogg;

namespace Speech.Audio.Opus.Managed;

/// <summary>Several streams in one packet by Concentus; at 48 kHz for the reason told at <see cref="ManagedPacketDecoder"/>.</summary>
internal sealed class ManagedSurroundDecoder(int sampleRate, OpusMapping mapping) : IPacketDecoder
{
    private readonly short[] _decoded = new short[Downsampler.FromRate * 120 / 1000 * mapping.Channels.Length];
    private readonly Downsampler _downsampler = new(sampleRate, mapping.Channels.Length);
    private readonly IOpusMultiStreamDecoder _decoder = OpusCodecFactory.CreateMultiStreamDecoder(
        Downsampler.FromRate, mapping.Channels.Length, mapping.Streams, mapping.Coupled, mapping.Channels);

    public int Decode(ReadOnlySpan<byte> packet, Span<float> pcm, bool useFec)
    {
        var channels = mapping.Channels.Length;
        var room = pcm.Length / channels * _downsampler.Factor;
        int samples;
        try
        {
            samples = _decoder.DecodeMultistream(packet, _decoded.AsSpan(0, room * channels), room, useFec);
        }
        catch (OpusException) when (!packet.IsEmpty)
        {
            return -1; // the packet is corrupt
        }
        _downsampler.Process(_decoded.AsSpan(0, samples * channels), pcm);
        return samples / _downsampler.Factor;
    }

    public void Reset()
    {
        _decoder.ResetState();
        _downsampler.Reset();
    }

    public void SetGain(short gain) => _decoder.Gain = gain;

    public void Dispose()
    {
        _decoder.Dispose();
        _downsampler.Dispose();
    }
}
