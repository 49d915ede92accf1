using System.Buffers;
using Speech.Audio.Pcm;
using Speech.Audio.Resampling;

namespace Speech.Audio.Streams;

/// <summary>
/// PCM at any rate, of one channel or several, mixed; a frame of samples cut by a message's end is completed by the next.
/// </summary>
internal sealed class PcmStreamDecoder : IAudioStreamDecoder
{
    public const int MaxChannels = 8;

    private const int BlockSamples = 2048;

    private readonly SampleFormat _format;
    private readonly int _frameBytes;
    private readonly ChannelMixer _mixer;
    private readonly FloatScale _scale = new();
    private readonly AudioStreamLimits _limits;
    private readonly Resampler? _resampler;
    private readonly float[] _block = new float[BlockSamples];
    private readonly int _blockFrames;
    private readonly LimitedSampleWriter _limited;
    private readonly byte[] _carry = new byte[MaxChannels * sizeof(double)];
    private int _carried;

    public PcmStreamDecoder(SampleFormat format, int sampleRate, AudioStreamLimits limits, int channels = 1)
    {
        if (channels is < 1 or > MaxChannels)
            throw new AudioFormatException($"{channels} channels: 1 to {MaxChannels} can be taken.");
        _format = format;
        _frameBytes = format.BytesPerSample() * channels;
        _blockFrames = BlockSamples / channels;
        _limits = limits;
        _limited = new LimitedSampleWriter(
            (long)limits.MaxMessageSeconds * AudioRate.Model,
            $"One message holds more than {limits.MaxMessageSeconds} s of audio; send smaller ones.");
        _mixer = new ChannelMixer(channels, AudioRate.Require(sampleRate));
        _resampler = sampleRate == AudioRate.Model ? null : new Resampler(sampleRate, AudioRate.Model);
    }

    public long DamagedParts => 0;

    public AudioFault Faults =>
        (_mixer.HasCancelled ? AudioFault.ChannelsCancel : AudioFault.None) | (
            _scale.IsInteger ? AudioFault.IntegerScale : AudioFault.None);

    public void Decode(ReadOnlySpan<byte> message, IBufferWriter<float> output)
    {
        AudioStreamDecoder.RequireLength(message, _limits.MaxMessageBytes);
        var limited = _limited.Over(output);
        if (_carried > 0)
        {
            var missing = Math.Min(_frameBytes - _carried, message.Length);
            message[..missing].CopyTo(_carry.AsSpan(_carried));
            _carried += missing;
            message = message[missing..];
            if (_carried < _frameBytes)
                return;
            Convert(_carry.AsSpan(0, _frameBytes), limited);
            _carried = 0;
        }
        while (message.Length >= _frameBytes)
        {
            var bytes = Math.Min(_blockFrames, message.Length / _frameBytes) * _frameBytes;
            Convert(message[..bytes], limited);
            message = message[bytes..];
        }
        message.CopyTo(_carry);
        _carried = message.Length;
    }

    public void Complete(IBufferWriter<float> output) => _resampler?.Flush(output);

    public void Dispose() => _resampler?.Dispose();

    private void Convert(ReadOnlySpan<byte> bytes, LimitedSampleWriter output)
    {
        var samples = bytes.Length / _format.BytesPerSample();
        if (_resampler is null && _mixer.Channels == 1)
        {
            PcmConverter.ToFloat(_format, bytes, output.GetSpan(samples)[..samples], _scale);
            output.Advance(samples);
            return;
        }
        var block = _block.AsSpan(0, samples);
        PcmConverter.ToFloat(_format, bytes, block, _scale);
        var mono = block[.._mixer.Mix(block)];
        if (_resampler is null)
            output.Write(mono);
        else
            _resampler.Process(mono, output);
    }
}
