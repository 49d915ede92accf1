namespace Speech.Audio.Opus.Native;

internal sealed class NativePacketEncoder : IPacketEncoder
{
    private readonly OpusEncoderHandle _encoder;

    public NativePacketEncoder(OpusEncoderOptions options)
    {
        _encoder = new OpusEncoderHandle(AudioRate.Model, channels: 1, (int)options.Application);
        Set(LibOpus.SetBitRate, options.BitRate);
        Set(LibOpus.SetComplexity, options.Complexity);
        Set(LibOpus.SetDtx, 0);
        Set(LibOpus.SetInBandFec, options.ExpectedLossPercent > 0 ? 1 : 0);
        Set(LibOpus.SetPacketLossPercent, options.ExpectedLossPercent);
        LibOpus.Check(LibOpus.QueryEncoder(_encoder, LibOpus.GetLookahead, out var lookahead), "OPUS_GET_LOOKAHEAD");
        LookaheadSamples = lookahead;
    }

    public int LookaheadSamples { get; }

    public unsafe int Encode(ReadOnlySpan<float> frame, Span<byte> packet)
    {
        fixed (float* samples = frame)
        fixed (byte* data = packet)
            return LibOpus.Check(LibOpus.Encode(_encoder, samples, frame.Length, data, packet.Length), "opus_encode_float");
    }

    public void Dispose() => _encoder.Dispose();

    private void Set(int request, int value) => LibOpus.Check(LibOpus.ControlEncoder(_encoder, request, value), $"setting {request}");
}
