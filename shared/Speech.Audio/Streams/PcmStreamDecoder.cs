using System.Buffers;
using Speech.Audio.Pcm;
using Speech.Audio.Resampling;

namespace Speech.Audio.Streams;

/// <summary>Mono PCM at any rate; a sample cut by a message's end is completed by the next.</summary>
internal sealed class PcmStreamDecoder : IAudioStreamDecoder
{
    private const int BlockSamples = 2048;

    private readonly SampleFormat _format;
    private readonly int _bytesPerSample;
    private readonly AudioStreamLimits _limits;
    private readonly Resampler? _resampler;
    private readonly float[] _block = new float[BlockSamples];
    private readonly LimitedSampleWriter _limited;
    private readonly byte[] _carry = new byte[sizeof(float)];
    private int _carried;

    public PcmStreamDecoder(SampleFormat format, int sampleRate, AudioStreamLimits limits)
    {
        _format = format;
        _bytesPerSample = format.BytesPerSample();
        _limits = limits;
        _limited = new LimitedSampleWriter(
            (long)limits.MaxMessageSeconds * AudioRate.Model, $"One message holds more than {limits.MaxMessageSeconds} s of audio; send smaller ones.");
        _resampler = AudioRate.Require(sampleRate) == AudioRate.Model ? null : new Resampler(sampleRate, AudioRate.Model);
    }

    public long DamagedParts => 0;

    public void Decode(ReadOnlySpan<byte> message, IBufferWriter<float> output)
    {
        AudioStreamDecoder.RequireLength(message, _limits.MaxMessageBytes);
        var limited = _limited.Over(output);
        if (_carried > 0)
        {
            var missing = Math.Min(_bytesPerSample - _carried, message.Length);
            message[..missing].CopyTo(_carry.AsSpan(_carried));
            _carried += missing;
            message = message[missing..];
            if (_carried < _bytesPerSample)
                return;
            Convert(_carry.AsSpan(0, _bytesPerSample), limited);
            _carried = 0;
        }
        while (message.Length >= _bytesPerSample)
        {
            var samples = Math.Min(BlockSamples, message.Length / _bytesPerSample);
            Convert(message[..(samples * _bytesPerSample)], limited);
            message = message[(samples * _bytesPerSample)..];
        }
        message.CopyTo(_carry);
        _carried = message.Length;
    }

    public void Complete(IBufferWriter<float> output) => _resampler?.Flush(output);

    public void Dispose() => _resampler?.Dispose();

    private void Convert(ReadOnlySpan<byte> bytes, LimitedSampleWriter output)
    {
        var samples = bytes.Length / _bytesPerSample;
        if (_resampler is null)
        {
            PcmConverter.ToFloat(_format, bytes, output.GetSpan(samples)[..samples]);
            output.Advance(samples);
            return;
        }
        PcmConverter.ToFloat(_format, bytes, _block.AsSpan(0, samples));
        _resampler.Process(_block.AsSpan(0, samples), output);
    }
}
