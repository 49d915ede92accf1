using System.Buffers;
using Speech.Audio.Pcm;
using Speech.Audio.Streams;

namespace Speech.Audio.Files;

/// <summary>Samples without any header: what they are has been said.</summary>
internal sealed class RawSource(Stream stream, SampleFormat format, int sampleRate, int channels) : AudioSource
{
    private readonly PcmStreamDecoder _decoder = new(format, sampleRate, new AudioStreamLimits { MaxMessageSeconds = int.MaxValue }, channels);
    private readonly byte[] _block = new byte[BlockBytes];
    private long _bytes;
    private bool _ended;

    public override AudioContainer Container => AudioContainer.RawPcm;

    public override int SampleRate => sampleRate;

    public override int Channels => channels;

    public override IEnumerable<string> Warnings =>
        _ended && _bytes % (channels * format.BytesPerSample()) != 0 ? ["it ends in the middle of a sample: truncated, or its format is another one"] : [];

    public override AudioFault Faults => _decoder.Faults;

    public override AudioFault Faults =>
        (_mixer.HasCancelled ? AudioFault.ChannelsCancel : AudioFault.None) | (_scale.IsInteger ? AudioFault.IntegerScale : AudioFault.None);

    public override bool Read(IBufferWriter<float> output)
    {
        var read = stream.Read(_block);
        if (read == 0)
        {
            _ended = true;
            _decoder.Complete(output);
            return false;
        }
        _bytes += read;
        _decoder.Decode(_block.AsSpan(0, read), output);
        return true;
    }

    public override void Dispose() => _decoder.Dispose();
}
