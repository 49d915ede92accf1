using System.Buffers;
using Speech.Audio.Opus;
using Speech.Audio.Streams;

namespace Speech.Audio.Files;

/// <summary>Opus in any container.</summary>
/// <param name="stream">Stays the caller's.</param>
/// <param name="opus">Reads the container; the source's from then on.</param>
internal sealed class OpusSource(Stream stream, AudioContainer container, IOpusContainer opus) : AudioSource
{
    private readonly byte[] _block = new byte[BlockBytes];
    private bool _ended;

    public override AudioContainer Container => container;

    public override int SampleRate => (int)(opus.Head?.InputSampleRate ?? 0);

    public override int Channels => opus.Head?.Channels ?? 0;

    public override IEnumerable<string> Warnings => opus.Damage(_ended);

    public override AudioFault Faults => opus.Faults;

    public override bool Read(IBufferWriter<float> output)
    {
        var read = stream.Read(_block);
        opus.Read(_block.AsSpan(0, read), output);
        if (read > 0)
            return true;
        _ended = true;
        opus.Complete();
        return false;
    }

    public override void Dispose() => opus.Dispose();
}
