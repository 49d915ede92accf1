using System.Buffers;
using Speech.Audio.Ogg;
using Speech.Audio.Streams;

namespace Speech.Audio.Files;

internal sealed class OggOpusSource(Stream stream) : AudioSource
{
    private readonly OggOpusReader _reader = new();
    private readonly byte[] _block = new byte[BlockBytes];
    private bool _ended;

    public override AudioContainer Container => AudioContainer.OggOpus;

    public override int SampleRate => (int)(_reader.Head?.InputSampleRate ?? 0);

    public override int Channels => _reader.Head?.Channels ?? 0;

    public override IEnumerable<string> Warnings
    {
        get
        {
            if (_reader.CorruptPages > 0 || _reader.SkippedBytes > 0)
                yield return $"{_reader.SkippedBytes} bytes were no valid Ogg and were skipped";
            if (_reader.Gaps > 0)
                yield return $"pages are missing in {_reader.Gaps} places";
            if (_reader.Jumps > 0)
                yield return $"its clock jumps by more than a minute in {_reader.Jumps} places, and nothing stands there for what may be missing";
            if (_reader.CorruptPackets > 0)
                yield return $"{_reader.CorruptPackets} Opus packets were corrupt and concealed";
            if (_ended && !_reader.HasEnded)
                yield return "the file is truncated: it stops before the page that ends an Ogg stream";
        }
    }

    public override AudioFault Faults => _reader.Faults;

    public override bool Read(IBufferWriter<float> output)
    {
        var read = stream.Read(_block);
        _reader.Read(_block.AsSpan(0, read), output);
        if (read > 0)
            return true;
        _ended = true;
        _reader.Complete();
        return false;
    }

    public override void Dispose() => _reader.Dispose();
}
