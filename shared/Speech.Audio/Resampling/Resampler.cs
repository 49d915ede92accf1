using System.Buffers;
using Speech.Audio.Pcm;

namespace Speech.Audio.Resampling;

/// <summary>
/// Changes the sample rate of one mono stream, by the library chosen in <see cref="AudioLibraries"/>; however the input is cut into pieces,
/// the output is the same, clipped to [-1, 1]. After <see cref="Flush(Span{float})"/> exactly <see cref="OutputLength"/> samples have come
/// out. Not thread-safe.
/// </summary>
public sealed class Resampler : IDisposable
{
    private const int BlockSamples = 4096;

    private readonly IRateConverter _converter;
    private bool _flushed;
    private bool _disposed;

    /// <param name="fromRate">Hz, 1 kHz to 384 kHz, as is <paramref name="toRate"/>.</param>
    /// <exception cref="AudioFormatException">A rate is out of range.</exception>
    public Resampler(int fromRate, int toRate) : this(fromRate, toRate, AudioLibraries.Resampling)
    {
    }

    internal Resampler(int fromRate, int toRate, IResamplingLibrary library)
    {
        FromRate = AudioRate.Require(fromRate);
        ToRate = AudioRate.Require(toRate);
        _converter = library.Create(fromRate, toRate);
    }

    public int FromRate { get; }

    public int ToRate { get; }

    /// <summary>How many samples <paramref name="inputLength"/> samples become: the same duration, rounded to the nearest sample.</summary>
    public static long OutputLength(long inputLength, int fromRate, int toRate) => (inputLength * toRate + fromRate / 2) / fromRate;

    /// <summary>A whole recording at once.</summary>
    public static float[] Resample(ReadOnlySpan<float> samples, int fromRate, int toRate) =>
        Resample(samples, fromRate, toRate, AudioLibraries.Resampling);

    internal static float[] Resample(ReadOnlySpan<float> samples, int fromRate, int toRate, IResamplingLibrary library)
    {
        if (fromRate == toRate)
            return samples.ToArray();
        using var resampler = new Resampler(fromRate, toRate, library);
        var output = new ArrayBufferWriter<float>((int)OutputLength(samples.Length, fromRate, toRate) + BlockSamples);
        resampler.Process(samples, output);
        resampler.Flush(output);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>Takes as much input and writes as much output as it can; the filter holds some samples back.</summary>
    public (int Consumed, int Written) Process(ReadOnlySpan<float> input, Span<float> output)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_flushed)
            throw new InvalidOperationException("The resampler has been flushed: its stream is at its end.");
        return input.IsEmpty ? (0, 0) : Call(input, output);
    }

    /// <summary>After the last input: writes what the filter held back. Call until it returns 0.</summary>
    public int Flush(Span<float> output)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _flushed = true;
        return Call([], output).Written;
    }

    public void Process(ReadOnlySpan<float> input, IBufferWriter<float> output)
    {
        while (!input.IsEmpty)
        {
            var (consumed, written) = Process(input, output.GetSpan(BlockSamples));
            output.Advance(written);
            input = input[consumed..];
        }
    }

    public void Flush(IBufferWriter<float> output)
    {
        while (Flush(output.GetSpan(BlockSamples)) is var written and > 0)
            output.Advance(written);
    }

    public void Dispose()
    {
        _disposed = true;
        _converter.Dispose();
    }

    /// <param name="input">Empty: the end.</param>
    private (int Consumed, int Written) Call(ReadOnlySpan<float> input, Span<float> output)
    {
        var (consumed, written) = _converter.Process(input, output);
        PcmConverter.Sanitize(output[..written]);
        return (consumed, written);
    }
}
