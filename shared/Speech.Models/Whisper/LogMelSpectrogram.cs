using System.Numerics;
using System.Runtime.InteropServices;

namespace Speech.Models.Whisper;

/// <summary>Whisper's input: the logarithm of the energy in n_mels bands, one frame of 25 ms every 10 ms, scaled to about -1..1.
/// <para>Frame t is the 400 samples around sample 160 t, under a Hann window; before the first sample the sound is mirrored, after the
/// last it is silent. Power spectrum, mel filters, log10 no lower than 1e-10, then everything more than 8 below the loudest value of the
/// item is lifted to there, and (x + 4) / 4.</para>
/// <para>Several frames are transformed at once, one in each lane of a vector, so that the transform needs no shuffles. As the lanes
/// are 160 samples apart, sample 160 q + r of consecutive frames is a contiguous run of row r when the sound is written as a matrix
/// of 160 rows, column-major: each sample is moved there once.</para></summary>
/// <remarks>Source: openai/whisper <c>audio.py</c>; whisper.cpp <c>log_mel_spectrogram</c>. An instance owns its scratch memory and
/// serves one thread at a time.</remarks>
public sealed class LogMelSpectrogram
{
    public const int SampleRate = 16000;
    public const int HopLength = 160;

    private const int WindowLength = RealFourier400.Length;
    private const int Bins = RealFourier400.Bins;
    private const float Floor = 1e-10f;
    private const float LogFloor = -10;
    private const float DynamicRange = 8;

    private static readonly int Lanes = Vector<float>.Count;

    /// <summary>Columns of the sample matrix that a group of frames touches: its own and two more, as a window is 2.5 hops long.</summary>
    private static readonly int Columns = Lanes + 2;

    private readonly Band[] _bands;
    private readonly float[] _filterWeights;
    private readonly float[] _window = new float[WindowLength];
    private readonly float[] _samples = new float[HopLength * Columns];
    private readonly Vector<float>[] _frames = new Vector<float>[WindowLength];
    private readonly Vector<float>[] _power = new Vector<float>[Bins];
    private readonly RealFourier400 _fourier = new();

    /// <param name="melFilters">[<paramref name="melCount"/>, 201], row-major, as in the model's file.</param>
    /// <param name="melCount">Bands: 80, or 128 for the large-v3 family.</param>
    public LogMelSpectrogram(ReadOnlySpan<float> melFilters, int melCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(melCount);
        ArgumentOutOfRangeException.ThrowIfNotEqual(melFilters.Length, melCount * Bins);
        MelCount = melCount;
        _bands = new Band[melCount];
        var weights = new List<float>();
        for (var mel = 0; mel < melCount; mel++)
        {
            // A band's filter is a triangle: zero but for a few neighbouring bins.
            var filter = melFilters.Slice(mel * Bins, Bins);
            var first = Math.Max(0, filter.IndexOfAnyExcept(0f));
            var nonzero = filter[first..(filter.LastIndexOfAnyExcept(0f) + 1)];
            _bands[mel] = new Band(first, weights.Count, nonzero.Length);
            weights.AddRange(nonzero);
        }

        _filterWeights = [.. weights];
        for (var i = 0; i < WindowLength; i++)
            _window[i] = (float)(0.5 - 0.5 * Math.Cos(2 * Math.PI * i / WindowLength));
    }

    public int MelCount { get; }

    /// <summary>Frames in which any of <paramref name="sampleCount"/> samples is heard; all later ones are silent.</summary>
    public static long AudibleFrames(long sampleCount) =>
        sampleCount == 0 ? 0 : (sampleCount + WindowLength / 2 - 1) / HopLength + 1;

    /// <summary>Samples that the first <paramref name="frames"/> frames are made of.</summary>
    internal static int SamplesOf(int frames) => (frames * HopLength) + (WindowLength / 2);

    /// <summary>The first <paramref name="frames"/> frames of one item, followed by silence where the sound ends earlier. An encoder of N
    /// positions takes 2 N frames.</summary>
    /// <param name="samples">16 kHz mono, -1..1, finite. Sound beyond the last frame is not looked at, also not for the loudest
    /// value.</param>
    /// <param name="frames">Frames to make.</param>
    /// <param name="output">[<paramref name="frames"/>, n_mels], frame-major.</param>
    public void Compute(ReadOnlySpan<float> samples, int frames, Span<float> output) =>
        Scale(output[..(frames * MelCount)], Logarithms(samples, 0, frames, output));

    /// <summary>Frames of an item that are yet to be scaled: the logarithms, and the loudest of them.</summary>
    /// <param name="samples">16 kHz mono, from any multiple of <see cref="HopLength"/> on: from the item's start, or from at least two
    /// frames before the first one that is wanted; to its end, or to <see cref="SamplesOf"/> the last frame that is wanted.</param>
    /// <param name="first">The first frame wanted, counted from the start of <paramref name="samples"/>.</param>
    /// <param name="frames">Frames to make.</param>
    /// <param name="output">[<paramref name="frames"/>, n_mels], frame-major.</param>
    internal float Logarithms(ReadOnlySpan<float> samples, int first, int frames, Span<float> output)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfNegative(frames);
        ArgumentOutOfRangeException.ThrowIfLessThan(output.Length, (long)frames * MelCount);
        output = output[..(frames * MelCount)];

        var audible = (int)Math.Clamp(AudibleFrames(samples.Length) - first, 0, frames);
        var loudest = new Vector<float>(LogFloor);
        for (var frame = 0; frame < audible; frame += Lanes)
        {
            Gather(samples, first + frame);
            _fourier.PowerSpectrum(_frames, _power);
            loudest = Vector.Max(loudest, LogMel(Math.Min(Lanes, audible - frame), output[(frame * MelCount)..]));
        }

        output[(audible * MelCount)..].Fill(LogFloor);
        var maximum = LogFloor;
        for (var lane = 0; lane < Lanes; lane++)
            maximum = Math.Max(maximum, loudest[lane]);
        return maximum;
    }

    /// <summary>The last step, of any part of an item: logarithms to about -1..1.</summary>
    /// <param name="loudest">Of the whole item.</param>
    internal static void Scale(Span<float> values, float loudest)
    {
        var lowest = loudest - DynamicRange;
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(values);
        for (var i = 0; i < vectors.Length; i++)
            vectors[i] = (Vector.Max(vectors[i], new Vector<float>(lowest)) + new Vector<float>(4)) * 0.25f;
        for (var i = vectors.Length * Lanes; i < values.Length; i++)
            values[i] = (Math.Max(values[i], lowest) + 4) * 0.25f;
    }

    /// <summary>The windowed samples of frames <paramref name="frame"/>.. into <see cref="_frames"/>, one frame a lane.</summary>
    private void Gather(ReadOnlySpan<float> samples, int frame)
    {
        // Column c, row r is sample 160 (frame + c) + r - 200.
        var first = frame * HopLength - WindowLength / 2;
        for (var column = 0; column < Columns; column++)
        {
            var start = first + column * HopLength;
            var target = _samples.AsSpan(column);
            if (start >= 0 && start + HopLength <= samples.Length)
            {
                var run = samples.Slice(start, HopLength);
                for (var row = 0; row < run.Length; row++)
                    target[row * Columns] = run[row];
            }
            else
            {
                for (var row = 0; row < HopLength; row++)
                {
                    var index = Math.Abs(start + row);
                    target[row * Columns] = index < samples.Length ? samples[index] : 0;
                }
            }
        }

        for (var i = 0; i < WindowLength; i++)
            _frames[i] = new Vector<float>(_samples, i % HopLength * Columns + i / HopLength) * _window[i];
    }

    /// <summary>log10 of the bands of one group of frames; returns each lane's maximum. Lanes beyond <paramref name="count"/> are frames
    /// that nobody asked for: they are neither written nor counted.</summary>
    private Vector<float> LogMel(int count, Span<float> output)
    {
        var loudest = new Vector<float>(LogFloor);
        var lane = (stackalloc float[Lanes]);
        for (var mel = 0; mel < _bands.Length; mel++)
        {
            var band = _bands[mel];
            var weights = _filterWeights.AsSpan(band.WeightStart, band.Length);
            var power = _power.AsSpan(band.FirstBin, band.Length);
            var energy = Vector<float>.Zero;
            for (var i = 0; i < weights.Length; i++)
                energy += power[i] * weights[i];

            var log = Vector.Log2(Vector.Max(energy, new Vector<float>(Floor))) * 0.301029995663981195f;
            log.CopyTo(lane);
            for (var i = 0; i < count; i++)
                output[i * MelCount + mel] = lane[i];
            loudest = Vector.Max(loudest, log);
        }

        if (count < Lanes)
        {
            loudest.CopyTo(lane);
            lane[count..].Fill(LogFloor);
            loudest = new Vector<float>(lane);
        }

        return loudest;
    }

    /// <summary>The nonzero part of one mel filter.</summary>
    private readonly record struct Band(int FirstBin, int WeightStart, int Length);
}
