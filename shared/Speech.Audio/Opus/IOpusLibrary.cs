using Speech.Audio.Ogg;

namespace Speech.Audio.Opus;

/// <summary>An implementation of the codec.</summary>
internal interface IOpusLibrary
{
    /// <summary>For people.</summary>
    string Name { get; }

    /// <param name="sampleRate">8, 12, 16, 24 or 48 kHz.</param>
    /// <param name="channels">1 or 2.</param>
    IPacketDecoder CreateDecoder(int sampleRate, int channels);

    /// <summary>For packets of several streams.</summary>
    IPacketDecoder CreateSurroundDecoder(int sampleRate, OpusMapping mapping);

    /// <summary>For mono at 16 kHz, without discontinuous transmission.</summary>
    IPacketEncoder CreateEncoder(OpusEncoderOptions options);
}
