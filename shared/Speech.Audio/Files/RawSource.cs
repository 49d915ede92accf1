using System.Buffers;
using Speech.Audio.Pcm;
using Speech.Audio.Resampling;
using Speech.Audio.Streams;

namespace Speech.Audio.Files;

/// <summary>Samples without any header: what they are has been said.</summary>
internal sealed class RawSource(Stream stream, SampleFormat format, int sampleRate, int channels) : AudioSource
{
    private readonly Resampler? _resampler = AudioRate.Require(sampleRate) == AudioRate.Model
        ? null : new Resampler(sampleRate, AudioRate.Model);
    private readonly byte[] _block = new byte[BlockBytes];
    private readonly float[] _samples = new float[BlockBytes / format.BytesPerSample()];
    private readonly ChannelMixer _mixer = new(channels, sampleRate);
    private readonly FloatScale _scale = new();
    private int _carried;
    private bool _isCut;

    public override AudioContainer Container => AudioContainer.RawPcm;

    public override int SampleRate => sampleRate;

    public override int Channels => channels;

    public override IEnumerable<string> Warnings =>
        _isCut ? ["it ends in the middle of a sample: truncated, or its format is another one"] : [];

    public override AudioFault Faults =>
        (_mixer.HasCancelled ? AudioFault.ChannelsCancel : AudioFault.None) | (
            _scale.IsInteger ? AudioFault.IntegerScale : AudioFault.None);

    public override bool Read(IBufferWriter<float> output)
    {
        var frameBytes = channels * format.BytesPerSample();
        var read = stream.Read(_block.AsSpan(_carried));
        if (read == 0)
        {
            _isCut = _carried > 0;
            _resampler?.Flush(output);
            return false;
        }

        var here = _carried + read;
        var samples = _samples.AsSpan(0, here / frameBytes * channels);
        var used = samples.Length * format.BytesPerSample();
        PcmConverter.ToFloat(format, _block.AsSpan(0, used), samples, _scale);
        var mono = samples[.._mixer.Mix(samples)];
        if (_resampler is null)
            output.Write(mono);
        else
            _resampler.Process(mono, output);
        _block.AsSpan(used, here - used).CopyTo(_block);
        _carried = here - used;
        return true;
    }

    public override void Dispose() => _resampler?.Dispose();
}
