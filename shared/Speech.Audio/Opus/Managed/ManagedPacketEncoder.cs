using Concentus;

namespace Speech.Audio.Opus.Managed;

internal sealed class ManagedPacketEncoder : IPacketEncoder
{
    private readonly IOpusEncoder _encoder;

    public ManagedPacketEncoder(OpusEncoderOptions options)
    {
        _encoder = OpusCodecFactory.CreateEncoder(AudioRate.Model, 1, (Concentus.Enums.OpusApplication)options.Application);
        _encoder.Bitrate = options.BitRate;
        _encoder.Complexity = options.Complexity;
        _encoder.UseDTX = false;
        _encoder.UseInbandFEC = options.ExpectedLossPercent > 0;
        _encoder.PacketLossPercent = options.ExpectedLossPercent;
        LookaheadSamples = _encoder.Lookahead;
    }

    public int LookaheadSamples { get; }

    public int Encode(ReadOnlySpan<float> frame, Span<byte> packet) => _encoder.Encode(frame, frame.Length, packet, packet.Length);

    public void Dispose() => _encoder.Dispose();
}
