namespace Speech.Lab.Bench;

/// <param name="Kind">One of <see cref="SilenceClips.Kinds"/>.</param>
/// <param name="Samples">16 kHz mono, -1..1, 2 to 20 s.</param>
internal sealed record SilenceClip(int Index, string Kind, float[] Samples);

/// <summary>
/// Sounds in which nobody speaks: silence, noise of several colours, hums, tones, clicks, keys, fans and bangs, at levels from inaudible to
/// loud. Kinds follow each other in turn, and each clip depends on seed and index alone, so that a shorter run is a part of a longer one.
/// Seeded <see cref="Random"/> gives the same numbers everywhere, and rounding to 16 bits hides the last digits of a platform's sine.
/// </summary>
internal static class SilenceClips
{
    public const int SampleRate = 16000;

    private const double ShortestSeconds = 2;
    private const double LongestSeconds = 20;

    private static readonly (string Kind, Action<float[], Noise> Make)[] Makers =
    [
        ("silence", Silence),
        ("white noise", (samples, noise) => Fill(samples, noise.Level(-65, -12), noise.White)),
        ("pink noise", (samples, noise) => Fill(samples, noise.Level(-65, -12), noise.Pink)),
        ("brown noise", (samples, noise) => Fill(samples, noise.Level(-60, -10), noise.Brown)),
        ("mains hum", MainsHum),
        ("slow hum", SlowHum),
        ("clicks", (samples, noise) => Bursts(samples, noise, gapSeconds: (0.05, 2), lengthSeconds: (0.0002, 0.003), lowPass: 1)),
        ("pops", (samples, noise) => Bursts(samples, noise, gapSeconds: (0.3, 3), lengthSeconds: (0.005, 0.03), lowPass: 0.08)),
        ("keyboard", Keyboard),
        ("fan", Fan),
        ("dc offset", DcOffset),
        ("tones", Tones),
        ("bangs", (samples, noise) => Bursts(samples, noise, gapSeconds: (0.8, 5), lengthSeconds: (0.05, 0.4), lowPass: 0.25)),
    ];

    public static IReadOnlyList<string> Kinds { get; } = [.. Makers.Select(maker => maker.Kind)];

    public static IEnumerable<SilenceClip> Generate(int seed, int count) =>
        Enumerable.Range(0, count).Select(index => Generate(seed, index, Makers[index % Makers.Length]));

    private static SilenceClip Generate(int seed, int index, (string Kind, Action<float[], Noise> Make) maker)
    {
        // Neighbouring seeds of Random give related sequences; an odd multiplier scatters them.
        var noise = new Noise(new Random(unchecked(seed * 1_000_003 + index * 7919)));
        var samples = new float[(int)(noise.Between(ShortestSeconds, LongestSeconds) * SampleRate)];
        maker.Make(samples, noise);
        foreach (ref var sample in samples.AsSpan())
            sample = Math.Clamp(MathF.Round(sample * 32768), short.MinValue, short.MaxValue) / 32768;
        return new SilenceClip(index, maker.Kind, samples);
    }

    /// <summary>Digital silence, or the last bit flickering as a converter's does.</summary>
    private static void Silence(float[] samples, Noise noise)
    {
        if (noise.Chance(0.5))
            Fill(samples, 2.0 / 32768, noise.White);
    }

    /// <summary>50 or 60 Hz with harmonics, of which the odd ones are stronger, over a little noise.</summary>
    private static void MainsHum(float[] samples, Noise noise)
    {
        var frequency = noise.Chance(0.5) ? 50 : 60;
        var level = noise.Level(-45, -12);
        for (var harmonic = 1; harmonic <= 12; harmonic++)
        {
            var strength = noise.Between(0.1, 1) / harmonic * (harmonic % 2 == 1 ? 1 : 0.5);
            AddTone(samples, 0, samples.Length, frequency * harmonic, level * strength, noise.Between(0, Math.Tau));
        }

        Fill(samples, noise.Level(-70, -45), noise.White);
    }

    /// <summary>A machine's steady note with some harmonics, which swells and drifts slowly.</summary>
    private static void SlowHum(float[] samples, Noise noise)
    {
        var (frequency, level) = (noise.Between(70, 300), noise.Level(-45, -14));
        var (swell, drift) = (noise.Between(0.1, 0.6), noise.Between(0.05, 0.3));
        double[] strengths = [1, noise.Between(0.1, 0.6), noise.Between(0.05, 0.3), noise.Between(0, 0.2)];
        var phase = 0.0;
        for (var i = 0; i < samples.Length; i++)
        {
            var time = i / (double)SampleRate;
            phase += Math.Tau * frequency * (1 + 0.02 * Math.Sin(Math.Tau * drift * time)) / SampleRate;
            var value = 0.0;
            for (var harmonic = 0; harmonic < strengths.Length; harmonic++)
                value += strengths[harmonic] * Math.Sin((harmonic + 1) * phase);
            samples[i] = (float)(level * value * (0.7 + 0.3 * Math.Sin(Math.Tau * swell * time)));
        }

        Fill(samples, noise.Level(-70, -45), noise.Pink);
    }

    /// <summary>Bursts of typing: each key a press and a softer release.</summary>
    private static void Keyboard(float[] samples, Noise noise)
    {
        var level = noise.Level(-35, -10);
        for (var time = noise.Between(0, 1); time * SampleRate < samples.Length; time += Pause())
        {
            AddBurst(samples, noise, (int)(time * SampleRate), noise.Between(0.006, 0.02), level * noise.Between(0.4, 1), lowPass: 0.5);
            var release = (int)((time + noise.Between(0.05, 0.1)) * SampleRate);
            AddBurst(samples, noise, release, noise.Between(0.004, 0.012), level * noise.Between(0.1, 0.4), lowPass: 0.7);
        }

        Fill(samples, noise.Level(-70, -50), noise.Pink);

        double Pause() => noise.Chance(0.12) ? noise.Between(0.5, 2.5) : noise.Between(0.07, 0.25);
    }

    /// <summary>Pink noise that pulses with the blades, and the motor's note.</summary>
    private static void Fan(float[] samples, Noise noise)
    {
        var (blades, depth) = (noise.Between(8, 40), noise.Between(0.05, 0.4));
        Fill(samples, noise.Level(-45, -15), noise.Pink);
        for (var i = 0; i < samples.Length; i++)
            samples[i] *= (float)(1 - depth + depth * Math.Sin(Math.Tau * blades * i / SampleRate));
        AddTone(samples, 0, samples.Length, noise.Between(90, 400), noise.Level(-60, -30), 0);
    }

    private static void DcOffset(float[] samples, Noise noise)
    {
        Array.Fill(samples, (float)((noise.Chance(0.5) ? 1 : -1) * noise.Between(0.01, 0.5)));
        Fill(samples, noise.Level(-75, -40), noise.White);
    }

    /// <summary>A telephone's dial tone, its busy tone, a beep now and then, or dialled digits.</summary>
    private static void Tones(float[] samples, Noise noise)
    {
        var level = noise.Level(-30, -10) / 2;
        double[] low = [697, 770, 852, 941];
        double[] high = [1209, 1336, 1477];
        var (tones, on, off) = noise.Pick(
            ([350, 440], 1000, 0),
            ([480, 620], 0.5, 0.5),
            ([425, 425], 0.48, 0.48),
            ([1000, 1000], 0.15, 1.5),
            ((double[])[], 0.08, 0.08));
        for (var time = noise.Between(0, 0.3); time * SampleRate < samples.Length; time += on + off)
        {
            double[] pair = tones.Length > 0 ? tones : [noise.Pick(low), noise.Pick(high)];
            var (start, length) = ((int)(time * SampleRate), (int)(on * SampleRate));
            foreach (var tone in pair)
                AddTone(samples, start, length, tone, level, 0);
        }

        Fill(samples, noise.Level(-75, -50), noise.White);
    }

    private static void Bursts(
        float[] samples, Noise noise, (double Least, double Most) gapSeconds, (double Least, double Most) lengthSeconds, double lowPass)
    {
        var level = noise.Level(-30, -3);
        for (var time = noise.Between(0, 1); time * SampleRate < samples.Length; time += noise.Between(gapSeconds.Least, gapSeconds.Most))
        {
            var length = noise.Between(lengthSeconds.Least, lengthSeconds.Most);
            AddBurst(samples, noise, (int)(time * SampleRate), length, level * noise.Between(0.3, 1), lowPass);
        }

        Fill(samples, noise.Level(-75, -50), noise.White);
    }

    /// <summary>Noise that begins at once and dies away, dulled by a one-pole low-pass.</summary>
    /// <param name="seconds">In which it falls to a third.</param>
    /// <param name="lowPass">1: as bright as white noise; near 0: dull.</param>
    private static void AddBurst(float[] samples, Noise noise, int start, double seconds, double amplitude, double lowPass)
    {
        var (gain, decay, value) = (amplitude / Math.Sqrt(lowPass), 1 - 1 / (seconds * SampleRate + 1), 0.0);
        for (var i = start; i < samples.Length && gain > 1e-6; i++)
        {
            value += lowPass * (noise.White() - value);
            samples[i] += (float)(gain * value);
            gain *= decay;
        }
    }

    private static void AddTone(float[] samples, int start, int length, double frequency, double amplitude, double phase)
    {
        for (var i = start; i < Math.Min(samples.Length, start + (long)length); i++)
            samples[i] += (float)(amplitude * Math.Sin(Math.Tau * frequency * (i - start) / SampleRate + phase));
    }

    private static void Fill(float[] samples, double amplitude, Func<double> noise)
    {
        foreach (ref var sample in samples.AsSpan())
            sample += (float)(amplitude * noise());
    }

    /// <summary>Chance, and noise of unit loudness (mean square 1, roughly).</summary>
    private sealed class Noise(Random random)
    {
        private readonly double[] _rows = new double[3];
        private double _brown;

        public double Between(double least, double most) => least + (most - least) * random.NextDouble();

        public bool Chance(double probability) => random.NextDouble() < probability;

        public T Pick<T>(params ReadOnlySpan<T> choices) => choices[random.Next(choices.Length)];

        /// <summary>An amplitude drawn from a range of decibels below full scale.</summary>
        public double Level(double leastDecibels, double mostDecibels) => Math.Pow(10, Between(leastDecibels, mostDecibels) / 20);

        /// <summary>Nearly normal: the sum of four even ones.</summary>
        public double White() => (random.NextDouble() + random.NextDouble() + random.NextDouble() + random.NextDouble() - 2) * Math.Sqrt(3);

        /// <summary>-3 dB per octave, by three poles (Paul Kellet's economical filter).</summary>
        public double Pink()
        {
            var white = White();
            _rows[0] = 0.99765 * _rows[0] + 0.0990460 * white;
            _rows[1] = 0.96300 * _rows[1] + 0.2965164 * white;
            _rows[2] = 0.57000 * _rows[2] + 1.0526913 * white;
            return (_rows[0] + _rows[1] + _rows[2] + 0.1848 * white) / 2.3;
        }

        /// <summary>-6 dB per octave.</summary>
        public double Brown()
        {
            _brown = 0.995 * _brown + 0.1 * White();
            return _brown;
        }
    }
}
