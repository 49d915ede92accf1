namespace Speech.Audio.Opus;

public enum OpusApplication
{
    /// <summary>Tuned for speech.</summary>
    Voip = 2048,

    /// <summary>Tuned for fidelity of any sound.</summary>
    Audio = 2049,
}

/// <summary>How our clients encode.</summary>
public sealed record OpusEncoderOptions
{
    public OpusApplication Application { get; init; } = OpusApplication.Voip;

    /// <summary>Bits per second, 6000 to 256000.</summary>
    public int BitRate { get; init; } = 32_000;

    /// <summary>Length of a packet: 10, 20, 40 or 60 ms.</summary>
    public int FrameMilliseconds { get; init; } = 20;

    /// <summary>0 (cheapest) to 10 (best).</summary>
    public int Complexity { get; init; } = 9;

    /// <summary>Above 0, each packet also carries a coarse copy of the one before, for networks that lose this share of packets.</summary>
    public int ExpectedLossPercent { get; init; }
}

/// <summary>
/// Mono samples at 16 kHz to Opus packets, by the library chosen in <see cref="AudioLibraries"/>; discontinuous transmission off. One per
/// stream, not thread-safe.
/// </summary>
public sealed class OpusEncoder : IDisposable
{
    private readonly IPacketEncoder _encoder;

    public OpusEncoder(OpusEncoderOptions? options = null) : this(options ?? new OpusEncoderOptions(), AudioLibraries.Opus)
    {
    }

    internal OpusEncoder(OpusEncoderOptions options, IOpusLibrary opus)
    {
        if (options.FrameMilliseconds is not (10 or 20 or 40 or 60))
            throw new ArgumentOutOfRangeException(nameof(options), options.FrameMilliseconds, "A frame lasts 10, 20, 40 or 60 ms.");
        if (options.BitRate is < 6_000 or > 256_000)
            throw new ArgumentOutOfRangeException(nameof(options), options.BitRate, "The bit rate is between 6000 and 256000.");
        FrameSamples = AudioRate.Model / 1000 * options.FrameMilliseconds;
        _encoder = opus.CreateEncoder(options);
    }

    /// <summary>Room for this many bytes is enough for every packet.</summary>
    public const int MaxPacketBytes = 4_000;

    /// <summary>Samples at 16 kHz that make one packet.</summary>
    public int FrameSamples { get; }

    /// <summary>Samples at 16 kHz by which the decoder's output lags behind the input; an Ogg header calls it pre-skip.</summary>
    public int LookaheadSamples => _encoder.LookaheadSamples;

    /// <param name="frame">Exactly <see cref="FrameSamples"/> samples in [-1, 1] at 16 kHz.</param>
    /// <param name="packet">Room for <see cref="MaxPacketBytes"/>.</param>
    /// <returns>The packet's length in bytes.</returns>
    public int Encode(ReadOnlySpan<float> frame, Span<byte> packet)
    {
        if (frame.Length != FrameSamples)
            throw new ArgumentException($"A frame has {FrameSamples} samples, {frame.Length} were given.", nameof(frame));
        if (packet.IsEmpty)
            throw new ArgumentException("No room for the packet.", nameof(packet));
        return _encoder.Encode(frame, packet);
    }

    public void Dispose() => _encoder.Dispose();
}
