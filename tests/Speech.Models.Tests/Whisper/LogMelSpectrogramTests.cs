using System.Numerics;
using Speech.Models.Whisper;

namespace Speech.Models.Tests.Whisper;

public class LogMelSpectrogramTests
{
    private const int Mels = 80;

    private static readonly float[] Filters = LoadFilters();
    private readonly LogMelSpectrogram _logMel = new(Filters, Mels);

    public static TheoryData<int, int> Lengths { get; } = new()
    {
        { 0, 10 }, { 1, 10 }, { 100, 4 }, { 200, 4 }, { 201, 3 }, { 359, 6 }, { 360, 6 }, { 361, 6 }, { 4000, 64 }, { 16000, 37 },
        { 9999, 1 },
        { 16000, 0 },
    };

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Any_length_equals_the_plain_definition(int length, int frames)
    {
        var samples = Recordings.Read("shared/recordings/jfk/jfk.wav").AsSpan(16000, length).ToArray();

        Compare(samples, frames);
    }

    [Fact]
    public void Speech_equals_the_plain_definition()
    {
        Compare(Recordings.Read("shared/recordings/jfk/jfk.wav").AsSpan(0, 48000).ToArray(), 600);
    }

    [Fact]
    public void Noise_and_tones_equal_the_plain_definition()
    {
        var random = new Random(8);
        Compare([.. Enumerable.Range(0, 8000).Select(_ => random.NextSingle() - 0.5f)], 60);
        Compare([.. Enumerable.Range(0, 8000).Select(i => MathF.Sin(i * 0.3f) + (i == 5000 ? 1 : 0))], 60);
    }

    [Fact]
    public void Silence_is_the_floor_everywhere()
    {
        var output = new float[20 * Mels];
        _logMel.Compute(new float[1600], 20, output);

        output.ShouldAllBe(value => value == -1.5f);
    }

    [Fact]
    public void Frames_beyond_the_sound_lie_8_below_the_loudest()
    {
        var output = new float[3000 * Mels];
        _logMel.Compute(Recordings.Read("shared/recordings/jfk/jfk.wav").AsSpan(0, 16000), 3000, output);

        output.AsSpan(102 * Mels).IndexOfAnyExcept(output.Max() - 2).ShouldBe(-1);
        output.Min().ShouldBe(output.Max() - 2);
    }

    [Fact]
    public void A_used_instance_gives_what_a_fresh_one_does_and_allocates_nothing()
    {
        var samples = Recordings.Read("shared/recordings/jfk/jfk.wav");
        var (first, second) = (new float[1100 * Mels], new float[1100 * Mels]);
        _logMel.Compute(samples, 1100, first);

        Allocation.Of(() => _logMel.Compute(samples, 1100, second)).ShouldBe(0);
        second.ShouldBe(first);
    }

    [Fact]
    public void Bands_of_the_large_models_work_too()
    {
        var filters = new float[128 * 201];
        for (var mel = 0; mel < 128; mel++)
            filters[mel * 201 + mel] = 1;
        filters.AsSpan(127 * 201, 201).Clear();
        var output = new float[5 * 128];
        new LogMelSpectrogram(filters, 128).Compute(Recordings.Read("shared/recordings/jfk/jfk.wav").AsSpan(16000), 5, output);

        output[127].ShouldBe(output.Max() - 2);
        Should.Throw<ArgumentOutOfRangeException>(() => new LogMelSpectrogram(filters, 80));
        Should.Throw<ArgumentOutOfRangeException>(() => _logMel.Compute([], 5, new float[5 * Mels - 1]));
    }

    private void Compare(float[] samples, int frames)
    {
        var actual = new float[frames * Mels];
        _logMel.Compute(samples, frames, actual);

        // Near the bottom of the range single precision is what is left of much larger numbers; elsewhere 1e-4 is kept with room.
        var expected = Naive(samples, frames);
        var loudest = expected.DefaultIfEmpty().Max();
        for (var i = 0; i < actual.Length; i++)
            actual[i].ShouldBe((float)expected[i], expected[i] > loudest - 1.5 ? 1e-4f : 2e-3f, $"frame {i / Mels}, band {i % Mels}");
    }

    /// <summary>openai/whisper's audio.py in double precision, with a transform by definition.</summary>
    private static double[] Naive(float[] samples, int frames)
    {
        var output = new double[frames * Mels];
        for (var frame = 0; frame < frames; frame++)
        {
            var windowed = new double[400];
            for (var i = 0; i < 400; i++)
            {
                var at = Math.Abs(160 * frame - 200 + i);
                windowed[i] = at < samples.Length ? samples[at] * 0.5 * (1 - Math.Cos(2 * Math.PI * i / 400)) : 0;
            }

            var power = new double[201];
            if (Array.Exists(windowed, value => value != 0))
            {
                for (var k = 0; k < power.Length; k++)
                {
                    var sum = Complex.Zero;
                    for (var i = 0; i < 400; i++)
                        sum += windowed[i] * Roots[i * k % 400];
                    power[k] = sum.Real * sum.Real + sum.Imaginary * sum.Imaginary;
                }
            }

            for (var mel = 0; mel < Mels; mel++)
            {
                var energy = power.Select((value, k) => value * Filters[mel * 201 + k]).Sum();
                output[frame * Mels + mel] = Math.Log10(Math.Max(energy, 1e-10));
            }
        }

        var lowest = output.DefaultIfEmpty().Max() - 8;
        return [.. output.Select(value => (Math.Max(value, lowest) + 4) / 4)];
    }

    private static readonly Complex[] Roots =
        [.. Enumerable.Range(0, 400).Select(i => Complex.FromPolarCoordinates(1, -2 * Math.PI * i / 400))];

    private static float[] LoadFilters()
    {
        using var file = WhisperFile.Open(Checkout.Path("shared/models/nano.en/ggml-nano.en.bin"));
        return file.MelFilters;
    }
}
