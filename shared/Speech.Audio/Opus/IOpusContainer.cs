using System.Buffers;
using Speech.Audio.Ogg;
using Speech.Audio.Streams;

namespace Speech.Audio.Opus;

/// <summary>What a container's reader is to those who only want the Opus in it, from a file or live.</summary>
internal interface IOpusContainer : IDisposable
{
    /// <summary>The stream's header, once it has been read.</summary>
    OpusHead? Head { get; }

    /// <summary>What was found wrong with the audio so far, though it is heard.</summary>
    AudioFault Faults { get; }

    /// <summary>Packets and parts of the container that could not be read, and places where something is missing.</summary>
    long DamagedParts { get; }

    /// <summary>The same in words, for a file.</summary>
    /// <param name="ended">Whether the file's end was reached, so that what should stand there is missing if it has not come.</param>
    IEnumerable<string> Damage(bool ended);

    /// <summary>Decodes what has arrived, in pieces of any size.</summary>
    /// <param name="output">Takes 16 kHz mono samples in [-1, 1].</param>
    /// <exception cref="AudioFormatException">Not this container, or of an unsupported kind.</exception>
    void Read(ReadOnlySpan<byte> bytes, IBufferWriter<float> output);

    /// <summary>At the end of the stream.</summary>
    /// <exception cref="AudioFormatException">There was no Opus in all that came.</exception>
    void Complete();
}
