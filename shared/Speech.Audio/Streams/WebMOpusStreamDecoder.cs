using System.Buffers;
using Speech.Audio.WebM;

namespace Speech.Audio.Streams;

internal sealed class WebMOpusStreamDecoder(AudioStreamLimits limits) : IAudioStreamDecoder
{
    private readonly WebMOpusReader _reader = new();
    private readonly LimitedSampleWriter _limited = new(
        (long)limits.MaxMessageSeconds * AudioRate.Model, $"One message holds more than {limits.MaxMessageSeconds} s of audio; send smaller ones.");

    public long DamagedParts => _reader.CorruptPackets + _reader.Jumps;

    public AudioFault Faults => _reader.Faults;

    public void Decode(ReadOnlySpan<byte> message, IBufferWriter<float> output)
    {
        AudioStreamDecoder.RequireLength(message, limits.MaxMessageBytes);
        _reader.Read(message, _limited.Over(output));
    }

    public void Complete(IBufferWriter<float> output) => _reader.Complete();

    public void Dispose() => _reader.Dispose();
}
