using Speech.Audio.Ogg;

namespace Speech.Audio.Opus.Managed;

/// <summary>Concentus: Opus in C#.</summary>
internal sealed class ManagedOpus : IOpusLibrary
{
    // Else Concentus looks for a libopus by itself.
    static ManagedOpus() => Concentus.OpusCodecFactory.AttemptToUseNativeLibrary = false;

    public string Name => "Concentus";

    public IPacketDecoder CreateDecoder(int sampleRate, int channels) => new ManagedPacketDecoder(sampleRate, channels);

    public IPacketDecoder CreateSurroundDecoder(int sampleRate, OpusMapping mapping) => new ManagedSurroundDecoder(sampleRate, mapping);

    public IPacketEncoder CreateEncoder(OpusEncoderOptions options) => new ManagedPacketEncoder(options);
}
