namespace Speech.Audio.Opus.Native;

internal sealed class NativePacketDecoder(int sampleRate, int channels) : IPacketDecoder
{
    private readonly OpusDecoderHandle _decoder = new(sampleRate, channels);

    public unsafe int Decode(ReadOnlySpan<byte> packet, Span<float> pcm, bool useFec)
    {
        // An empty span is pinned as null, which is how libopus is told of a lost packet.
        fixed (byte* data = packet)
        fixed (float* samples = pcm)
        {
            var decoded = LibOpus.Decode(_decoder, data, packet.Length, samples, pcm.Length / channels, useFec ? 1 : 0);
            return packet.IsEmpty ? LibOpus.Check(decoded, "concealing a lost packet") : decoded;
        }
    }

    public void Reset() => LibOpus.Check(LibOpus.ControlDecoder(_decoder, LibOpus.ResetState, 0), "OPUS_RESET_STATE");

    public void SetGain(short gain) => LibOpus.Check(LibOpus.ControlDecoder(_decoder, LibOpus.SetGain, gain), "OPUS_SET_GAIN");

    public void Dispose() => _decoder.Dispose();
}
