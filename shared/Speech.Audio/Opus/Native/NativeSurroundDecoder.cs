using Speech.Audio.Ogg;

namespace Speech.Audio.Opus.Native;

internal sealed class NativeSurroundDecoder(int sampleRate, OpusMapping mapping) : IPacketDecoder
{
    private readonly OpusMultistreamHandle _decoder = new(sampleRate, mapping.Streams, mapping.Coupled, mapping.Channels);

    public unsafe int Decode(ReadOnlySpan<byte> packet, Span<float> pcm, bool useFec)
    {
        fixed (byte* data = packet)
        fixed (float* samples = pcm)
        {
            var decoded = LibOpus.DecodeMultistream(
                _decoder, data, packet.Length, samples, pcm.Length / mapping.Channels.Length, useFec ? 1 : 0);
            return packet.IsEmpty ? LibOpus.Check(decoded, "concealing a lost packet") : decoded;
        }
    }

    public void Reset() => LibOpus.Check(LibOpus.ControlMultistreamDecoder(_decoder, LibOpus.ResetState, 0), "OPUS_RESET_STATE");

    public void SetGain(short gain) => LibOpus.Check(LibOpus.ControlMultistreamDecoder(_decoder, LibOpus.SetGain, gain), "OPUS_SET_GAIN");

    public void Dispose() => _decoder.Dispose();
}
