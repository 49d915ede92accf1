using System.Buffers;
using System.Buffers.Binary;
using Speech.Audio;
using Speech.Audio.Ogg;
using Speech.Audio.Opus;
using Speech.Audio.Pcm;
using Speech.Contracts.Sessions;

namespace Speech.Client;

/// <summary>One stream's samples to what travels in one binary frame, 20 ms each, in one of the protocol's codecs.</summary>
internal abstract class PacketEncoder : IDisposable
{
    public const int FrameSamples = AudioRate.Model / 50;

    public static PacketEncoder Create(AudioCodec codec) => codec switch
    {
        AudioCodec.Opus => new Opus(),
        AudioCodec.OggOpus => new OggOpus(),
        AudioCodec.PcmS16Le => new Pcm16(),
        AudioCodec.PcmF32Le => new PcmFloat(),
        AudioCodec.MuLaw => new Companded(G711.EncodeMuLaw),
        AudioCodec.ALaw => new Companded(G711.EncodeALaw),
        _ => throw new ArgumentOutOfRangeException(nameof(codec), codec, null),
    };

    /// <param name="frame">16 kHz mono in -1..1, <see cref="FrameSamples"/> of it.</param>
    /// <returns>Valid until the next call.</returns>
    public abstract ReadOnlyMemory<byte> Encode(ReadOnlySpan<float> frame);

    /// <summary>What ends the stream; mostly nothing.</summary>
    public virtual ReadOnlyMemory<byte> Complete() => default;

    public virtual void Dispose()
    {
    }

    private sealed class Opus : PacketEncoder
    {
        private readonly OpusEncoder _encoder = new();
        private readonly byte[] _packet = new byte[OpusEncoder.MaxPacketBytes];

        public override ReadOnlyMemory<byte> Encode(ReadOnlySpan<float> frame) => _packet.AsMemory(0, _encoder.Encode(frame, _packet));

        public override void Dispose()
        {
            _encoder.Dispose();
            base.Dispose();
        }
    }

    private sealed class OggOpus : PacketEncoder
    {
        private readonly OpusEncoder _encoder = new();
        private readonly byte[] _packet = new byte[OpusEncoder.MaxPacketBytes];
        private readonly ArrayBufferWriter<byte> _pages = new();
        private readonly OggOpusWriter _writer;

        // What is in the writer then goes with the first packet: the headers.
        private bool _hasGivenPages;

        public OggOpus() => _writer = new OggOpusWriter(
            _pages, new OpusHead(1, _encoder.LookaheadSamples * (48_000 / AudioRate.Model), AudioRate.Model, 0), serial: 1);

        public override ReadOnlyMemory<byte> Encode(ReadOnlySpan<float> frame)
        {
            if (_hasGivenPages)
                _pages.ResetWrittenCount();
            _hasGivenPages = true;
            _writer.WritePacket(_packet.AsSpan(0, _encoder.Encode(frame, _packet)));
            return _pages.WrittenMemory;
        }

        public override ReadOnlyMemory<byte> Complete()
        {
            if (_hasGivenPages)
                _pages.ResetWrittenCount();
            _writer.Complete();
            return _pages.WrittenMemory;
        }

        public override void Dispose()
        {
            _encoder.Dispose();
            base.Dispose();
        }
    }

    private sealed class Pcm16 : PacketEncoder
    {
        private readonly short[] _samples = new short[FrameSamples];
        private readonly byte[] _bytes = new byte[FrameSamples * sizeof(short)];

        public override ReadOnlyMemory<byte> Encode(ReadOnlySpan<float> frame)
        {
            PcmConverter.ToInt16(frame, _samples);
            for (var i = 0; i < _samples.Length; i++)
                BinaryPrimitives.WriteInt16LittleEndian(_bytes.AsSpan(i * sizeof(short)), _samples[i]);
            return _bytes;
        }
    }

    private sealed class Companded(Func<short, byte> encode) : PacketEncoder
    {
        private readonly short[] _samples = new short[FrameSamples];
        private readonly byte[] _bytes = new byte[FrameSamples];

        public override ReadOnlyMemory<byte> Encode(ReadOnlySpan<float> frame)
        {
            PcmConverter.ToInt16(frame, _samples);
            for (var i = 0; i < _samples.Length; i++)
                _bytes[i] = encode(_samples[i]);
            return _bytes;
        }
    }

    private sealed class PcmFloat : PacketEncoder
    {
        private readonly byte[] _bytes = new byte[FrameSamples * sizeof(float)];

        public override ReadOnlyMemory<byte> Encode(ReadOnlySpan<float> frame)
        {
            for (var i = 0; i < frame.Length; i++)
                BinaryPrimitives.WriteSingleLittleEndian(_bytes.AsSpan(i * sizeof(float)), frame[i]);
            return _bytes;
        }
    }
}
