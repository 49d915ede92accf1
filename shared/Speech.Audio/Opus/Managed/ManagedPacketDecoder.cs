using Concentus;

namespace Speech.Audio.Opus.Managed;

/// <summary>
/// One stream by Concentus, whose decoder is libopus's, bit for bit or nearly, but for two faults (version 2.2.2) that are gone around
/// here: below 48 kHz, hybrid packets (speech at 24 to 48 kbit/s from a browser) lose all that is below 8 kHz, so that a stream in which
/// there is one is decoded at 48 kHz from there on; and a packet without contents (of a silence that is not transmitted) is not understood.
/// </summary>
internal sealed class ManagedPacketDecoder(int sampleRate, int channels) : IPacketDecoder
{
    private const int FullRate = Downsampler.FromRate;

    private readonly short[] _decoded = new short[FullRate * 120 / 1000 * channels];
    private IOpusDecoder _decoder = OpusCodecFactory.CreateDecoder(sampleRate, channels);
    private Downsampler? _downsampler;

    public int Decode(ReadOnlySpan<byte> packet, Span<float> pcm, bool useFec)
    {
        if (_downsampler is null && sampleRate < FullRate && IsHybrid(packet))
            BecomeFullRate();
        var factor = _downsampler?.Factor ?? 1;
        var isEmpty = packet.IsEmpty || HasNoContents(packet);
        var room = pcm.Length / channels * factor;
        int samples;
        try
        {
            samples = _decoder.Decode(isEmpty ? [] : packet, _decoded.AsSpan(0, room * channels), room, useFec && !isEmpty);
        }
        catch (OpusException) when (!packet.IsEmpty)
        {
            return -1; // the packet is corrupt
        }
        var decoded = _decoded.AsSpan(0, samples * channels);
        if (_downsampler is null)
            SampleScale.ToFloat(decoded, pcm);
        else
            _downsampler.Process(decoded, pcm);
        return samples / factor;
    }

    public void Reset()
    {
        _decoder.ResetState();
        _downsampler?.Reset();
    }

    public void SetGain(short gain) => _decoder.Gain = gain;

    public void Dispose()
    {
        _decoder.Dispose();
        _downsampler?.Dispose();
    }

    private static bool IsHybrid(ReadOnlySpan<byte> packet) => !packet.IsEmpty && packet[0] >> 3 is >= 12 and <= 15;

    /// <summary>One frame of no more than a byte.</summary>
    private static bool HasNoContents(ReadOnlySpan<byte> packet) => packet.Length <= 2 && (packet[0] & 3) == 0;

    private void BecomeFullRate()
    {
        var gain = _decoder.Gain;
        _decoder.Dispose();
        _decoder = OpusCodecFactory.CreateDecoder(FullRate, channels);
        _decoder.Gain = gain;
        _downsampler = new Downsampler(sampleRate, channels);
    }
}
