using Speech.Audio.Ogg;

namespace Speech.Audio.Opus.Native;

/// <summary>libopus, the reference implementation.</summary>
internal sealed class NativeOpus : IOpusLibrary
{
    public string Name => "libopus";

    public IPacketDecoder CreateDecoder(int sampleRate, int channels) => new NativePacketDecoder(sampleRate, channels);

    public IPacketDecoder CreateSurroundDecoder(int sampleRate, OpusMapping mapping) => new NativeSurroundDecoder(sampleRate, mapping);

    public IPacketEncoder CreateEncoder(OpusEncoderOptions options) => new NativePacketEncoder(options);
}
