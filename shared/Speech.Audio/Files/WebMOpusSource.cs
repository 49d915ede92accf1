using System.Buffers;
using Speech.Audio.Streams;
using Speech.Audio.WebM;

namespace Speech.Audio.Files;

internal sealed class WebMOpusSource(Stream stream) : AudioSource
{
    private readonly WebMOpusReader _reader = new();
    private readonly byte[] _block = new byte[BlockBytes];

    public override AudioContainer Container => AudioContainer.WebM;

    public override int SampleRate => (int)(_reader.Head?.InputSampleRate ?? 0);

    public override int Channels => _reader.Head?.Channels ?? 0;

    public override IEnumerable<string> Warnings
    {
        get
        {
            if (_reader.Jumps > 0)
                yield return $"its clock jumps by more than a minute in {_reader.Jumps} places, and nothing stands there for what may be missing";
            if (_reader.CorruptPackets > 0)
                yield return $"{_reader.CorruptPackets} Opus packets were corrupt and concealed";
        }
    }

    public override AudioFault Faults => _reader.Faults;

    public override bool Read(IBufferWriter<float> output)
    {
        var read = stream.Read(_block);
        _reader.Read(_block.AsSpan(0, read), output);
        if (read > 0)
            return true;
        _reader.Complete();
        return false;
    }

    public override void Dispose() => _reader.Dispose();
}
