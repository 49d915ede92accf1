using System.Buffers;
using Speech.Audio.Streams;

namespace Speech.Audio.Files;

/// <summary>One container's way from its bytes to 16 kHz mono, piece by piece.</summary>
internal abstract class AudioSource : IDisposable
{
    /// <summary>What is read at a time, at most; a live stream gives less.</summary>
    protected const int BlockBytes = 64 * 1024;

    public abstract AudioContainer Container { get; }

    public abstract int SampleRate { get; }

    public abstract int Channels { get; }

    public abstract IEnumerable<string> Warnings { get; }

    /// <summary>What was found wrong with the audio, though it is heard.</summary>
    public virtual AudioFault Faults => AudioFault.None;

    /// <summary>Reads and decodes what is there, and waits if that is nothing.</summary>
    /// <param name="output">Takes 16 kHz mono; it may get nothing though there is more to come.</param>
    /// <returns>Whether more may come; false once the last has been written.</returns>
    public abstract bool Read(IBufferWriter<float> output);

    public abstract void Dispose();
}
