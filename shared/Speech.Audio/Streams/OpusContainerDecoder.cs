using System.Buffers;
using Speech.Audio.Opus;

namespace Speech.Audio.Streams;

/// <summary>Opus in a container, which is cut into messages anywhere.</summary>
/// <param name="opus">Reads the container; the decoder's from then on.</param>
internal sealed class OpusContainerDecoder(AudioStreamLimits limits, IOpusContainer opus) : IAudioStreamDecoder
{
    private readonly LimitedSampleWriter _limited = new(
        (long)limits.MaxMessageSeconds * AudioRate.Model,
        $"One message holds more than {limits.MaxMessageSeconds} s of audio; send smaller ones.");

    public long DamagedParts => opus.DamagedParts;

    public AudioFault Faults => opus.Faults;

    public void Decode(ReadOnlySpan<byte> message, IBufferWriter<float> output)
    {
        AudioStreamDecoder.RequireLength(message, limits.MaxMessageBytes);
        opus.Read(message, _limited.Over(output));
    }

    public void Complete(IBufferWriter<float> output) => opus.Complete();

    public void Dispose() => opus.Dispose();
}
