using System.Buffers;
using Speech.Audio.Resampling;
using Speech.Audio.Streams;
using Speech.Audio.Wav;

namespace Speech.Audio.Files;

internal sealed class WavSource : AudioSource
{
    private const int BlockSamples = 16 * 1024;

    private readonly WavReader _reader;
    private readonly Resampler? _resampler;
    private readonly float[] _block = new float[BlockSamples];

    public WavSource(Stream stream)
    {
        _reader = WavReader.Open(stream);
        _resampler = SampleRate == AudioRate.Model ? null : new Resampler(SampleRate, AudioRate.Model);
    }

    public override AudioContainer Container => AudioContainer.Wav;

    public override int SampleRate => _reader.Format.SampleRate;

    public override int Channels => _reader.Format.Channels;

    public override IEnumerable<string> Warnings => _reader.IsTruncated ? ["the file is truncated: it ends before its header says"] : [];

    public override AudioFault Faults => _reader.Faults;

    public override bool Read(IBufferWriter<float> output)
    {
        var read = _reader.Read(_block);
        if (_resampler is null)
            output.Write(_block.AsSpan(0, read));
        else if (read > 0)
            _resampler.Process(_block.AsSpan(0, read), output);
        else
            _resampler.Flush(output);
        return read > 0;
    }

    public override void Dispose() => _resampler?.Dispose();
}
