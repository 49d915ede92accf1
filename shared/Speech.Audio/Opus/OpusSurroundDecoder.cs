using Speech.Audio.Ogg;
using Speech.Audio.Pcm;

namespace Speech.Audio.Opus;

/// <summary>
/// Packets of several Opus streams to mono at 16 kHz. Where people speak counts most: the centre, then the front, then what surrounds;
/// the channel of low frequencies not at all. Else as <see cref="OpusDecoder"/>. Not thread-safe.
/// </summary>
internal sealed class OpusSurroundDecoder : IDisposable
{
    private const int MaxSamples = AudioRate.Model * 120 / 1000;

    private readonly IPacketDecoder _decoder;
    private readonly int _channels;
    private readonly float[] _weights;
    private readonly float[] _interleaved;
    private int _lastSamples = AudioRate.Model / 50;

    public OpusSurroundDecoder(OpusMapping mapping, short gain) : this(mapping, gain, AudioLibraries.Opus)
    {
    }

    internal OpusSurroundDecoder(OpusMapping mapping, short gain, IOpusLibrary opus)
    {
        _channels = mapping.Channels.Length;
        _decoder = opus.CreateSurroundDecoder(AudioRate.Model, mapping);
        _decoder.SetGain(gain);
        _weights = Weights(_channels);
        // As loud as channels that have nothing in common are together; two may have everything.
        var loudness = _channels <= 2 ? _weights.Sum() : MathF.Sqrt(_weights.Sum(weight => weight * weight));
        foreach (ref var weight in _weights.AsSpan())
            weight /= loudness;
        _interleaved = new float[MaxSamples * _channels];
    }

    public long DecodedPackets { get; private set; }

    public long CorruptPackets { get; private set; }

    /// <param name="packet">An empty one was lost.</param>
    /// <returns>Samples written.</returns>
    public int Decode(ReadOnlySpan<byte> packet, Span<float> pcm)
    {
        var samples = packet.IsEmpty ? -1 : Call(packet, MaxSamples);
        if (samples < 0)
        {
            CorruptPackets += packet.IsEmpty ? 0 : 1;
            return Conceal(pcm[.._lastSamples]);
        }
        DecodedPackets++;
        _lastSamples = samples;
        Mix(pcm[..samples]);
        return samples;
    }

    /// <inheritdoc cref="OpusDecoder.Conceal(Span{float})"/>
    public int Conceal(Span<float> pcm)
    {
        var samples = Call([], pcm.Length);
        Mix(pcm[..samples]);
        return samples;
    }

    public void Dispose() => _decoder.Dispose();

    /// <summary>By Vorbis' order of channels (RFC 7845, section 5.1.1.2).</summary>
    private static float[] Weights(int channels) => channels switch
    {
        1 => [1],
        2 => [1, 1],
        3 => [0.5f, 1, 0.5f],
        4 => [0.5f, 0.5f, 0.25f, 0.25f],
        5 => [0.5f, 1, 0.5f, 0.25f, 0.25f],
        6 => [0.5f, 1, 0.5f, 0.25f, 0.25f, 0],
        7 => [0.5f, 1, 0.5f, 0.25f, 0.25f, 0.25f, 0],
        _ => [0.5f, 1, 0.5f, 0.25f, 0.25f, 0.25f, 0.25f, 0],
    };

    private void Mix(Span<float> pcm)
    {
        for (var i = 0; i < pcm.Length; i++)
        {
            var sum = 0f;
            for (var channel = 0; channel < _channels; channel++)
                sum += _weights[channel] * _interleaved[i * _channels + channel];
            pcm[i] = sum;
        }
        PcmConverter.Sanitize(pcm);
    }

    private int Call(ReadOnlySpan<byte> packet, int samples) =>
        _decoder.Decode(packet, _interleaved.AsSpan(0, samples * _channels), useFec: false);
}
