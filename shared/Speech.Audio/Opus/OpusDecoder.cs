using Speech.Audio.Pcm;

namespace Speech.Audio.Opus;

public enum OpusDecodeOutcome
{
    Decoded,

    /// <summary>The packet was missing or broken; what stands in its place is the decoder's guess from what went before.</summary>
    Concealed,
}

/// <param name="Samples">Samples written.</param>
/// <param name="Fault">Why the packet could not be decoded; null when it was decoded or simply missing.</param>
public readonly record struct OpusDecodeResult(int Samples, OpusDecodeOutcome Outcome, string? Fault);

/// <summary>
/// Opus packets to mono samples at 16 kHz (or another rate that Opus knows), by the library chosen in <see cref="AudioLibraries"/>. Stereo
/// is decoded as such from its first packet on and mixed by a <see cref="ChannelMixer"/>: Opus' own mono would be silence where one channel
/// is the other's inverse. One per stream, not thread-safe. A broken packet never throws: it is concealed for as long as the packet before
/// it lasted, and counted.
/// </summary>
public sealed class OpusDecoder : IDisposable
{
    private readonly IOpusLibrary _opus;
    private IPacketDecoder _decoder;
    private int _lastSamples;
    private short _gain;

    // Once there was stereo: samples of both channels in turn.
    private ChannelMixer? _mixer;
    private float[] _stereo = [];

    /// <param name="sampleRate">8, 12, 16, 24 or 48 kHz; decoded straight to it.</param>
    public OpusDecoder(int sampleRate = AudioRate.Model) : this(sampleRate, AudioLibraries.Opus)
    {
    }

    internal OpusDecoder(int sampleRate, IOpusLibrary opus)
    {
        if (sampleRate is not (8_000 or 12_000 or 16_000 or 24_000 or 48_000))
            throw new ArgumentOutOfRangeException(nameof(sampleRate), sampleRate, "Opus decodes to 8, 12, 16, 24 or 48 kHz.");
        _opus = opus;
        _decoder = opus.CreateDecoder(sampleRate, channels: 1);
        SampleRate = sampleRate;
        _lastSamples = sampleRate / 50;
    }

    public int SampleRate { get; }

    /// <summary>120 ms: room for this many samples is enough for every packet.</summary>
    public int MaxSamples => SampleRate * 120 / 1000;

    /// <summary>Whether the channels of stereo have cancelled each other for so long that somebody should know.</summary>
    public bool HasCancelled => _mixer?.HasCancelled == true;

    public long DecodedPackets { get; private set; }

    /// <summary>Packets that were not valid Opus.</summary>
    public long CorruptPackets { get; private set; }

    /// <summary>Packets reported lost (empty ones), concealed.</summary>
    public long LostPackets { get; private set; }

    /// <summary>Decodes one packet. An empty one stands for a lost one.</summary>
    /// <param name="pcm">Room for <see cref="MaxSamples"/>; written samples lie in [-1, 1].</param>
    public OpusDecodeResult Decode(ReadOnlySpan<byte> packet, Span<float> pcm)
    {
        if (pcm.Length < MaxSamples)
            throw new ArgumentException($"Room for {MaxSamples} samples is needed, {pcm.Length} were given.", nameof(pcm));
        if (packet.IsEmpty)
        {
            LostPackets++;
            return Conceal(pcm, fault: null);
        }
        if (!OpusPacket.TryParse(packet, out var header, out var fault))
        {
            CorruptPackets++;
            return Conceal(pcm, fault);
        }
        if (header.IsStereo && _mixer is null)
            BecomeStereo();
        var samples = Call(packet, pcm[..header.SamplesAt(SampleRate)], useFec: false);
        if (samples < 0)
        {
            CorruptPackets++;
            return Conceal(pcm, "the decoder finds the packet corrupt");
        }
        DecodedPackets++;
        _lastSamples = samples;
        Finish(pcm[..samples]);
        return new OpusDecodeResult(samples, OpusDecodeOutcome.Decoded, null);
    }

    /// <summary>Stands in for audio that is missing, by what was heard before; counts no packet.</summary>
    /// <param name="pcm">As many samples as are missing: a multiple of 2.5 ms, 120 ms at most.</param>
    /// <returns>How many that is.</returns>
    public int Conceal(Span<float> pcm)
    {
        var samples = Call([], pcm, useFec: false);
        Finish(pcm[..samples]);
        return samples;
    }

    /// <summary>
    /// Stands in for the packet lost just before <paramref name="next"/>: from the copy that <paramref name="next"/> carries
    /// if its encoder added one (in-band forward error correction), else by concealment. Decode <paramref name="next"/> afterwards.
    /// </summary>
    public OpusDecodeResult RecoverLost(ReadOnlySpan<byte> next, Span<float> pcm)
    {
        if (pcm.Length < MaxSamples)
            throw new ArgumentException($"Room for {MaxSamples} samples is needed, {pcm.Length} were given.", nameof(pcm));
        LostPackets++;
        if (!OpusPacket.TryParse(next, out _, out _))
            return Conceal(pcm, fault: null);
        var samples = Call(next, pcm[.._lastSamples], useFec: true);
        if (samples < 0)
            return Conceal(pcm, fault: null);
        Finish(pcm[..samples]);
        return new OpusDecodeResult(samples, OpusDecodeOutcome.Concealed, null);
    }

    /// <summary>Forgets everything heard so far, as if newly made; the counts stay.</summary>
    /// <param name="gain">Amplification in 1/256 dB, as in an OpusHead (RFC 7845).</param>
    /// <param name="channels">2 where stereo is announced; where it comes unannounced, its first packet begins without knowing the one
    /// before.</param>
    public void Reset(short gain = 0, int channels = 1)
    {
        _gain = gain;
        if (channels == 2 && _mixer is null)
            BecomeStereo();
        _decoder.Reset();
        _decoder.SetGain(gain);
        _lastSamples = SampleRate / 50;
    }

    public void Dispose() => _decoder.Dispose();

    private OpusDecodeResult Conceal(Span<float> pcm, string? fault)
    {
        var samples = Call([], pcm[.._lastSamples], useFec: false);
        Finish(pcm[..samples]);
        return new OpusDecodeResult(samples, OpusDecodeOutcome.Concealed, fault);
    }

    private void BecomeStereo()
    {
        _decoder.Dispose();
        _decoder = _opus.CreateDecoder(SampleRate, channels: 2);
        _decoder.SetGain(_gain);
        _mixer = new ChannelMixer(2, SampleRate);
        _stereo = new float[2 * MaxSamples];
    }

    /// <summary>Samples that have been decoded, to [-1, 1]; of stereo they lie beside.</summary>
    private void Finish(Span<float> pcm)
    {
        if (_mixer is not null)
        {
            _mixer.Mix(_stereo.AsSpan(0, 2 * pcm.Length));
            _stereo.AsSpan(0, pcm.Length).CopyTo(pcm);
        }
        PcmConverter.Sanitize(pcm);
    }

    private int Call(ReadOnlySpan<byte> packet, Span<float> pcm, bool useFec) =>
        _decoder.Decode(packet, _mixer is null ? pcm : _stereo.AsSpan(0, 2 * pcm.Length), useFec);
}
