using System.Globalization;
using Speech.Tensors;

namespace Speech.Vad.Tests;

public class SileroVadTests
{
    private static readonly string ModelPath = Checkout.Path("shared/models/silero-vad/ggml-silero-v6.2.0.bin");
    private static readonly SileroVad Vad = SileroVad.Load(ModelPath);

    [Fact]
    public void Probabilities_equal_the_reference()
    {
        var expected = File.ReadLines(Checkout.Path("tests/references/silero-vad-upstream.tsv"))
            .Select(line => float.Parse(line.Split('\t')[1], CultureInfo.InvariantCulture))
            .ToArray();

        var actual = Probabilities(Recordings.Read("shared/recordings/jfk/jfk.wav"));

        actual.Length.ShouldBe(expected.Length);
        for (var i = 0; i < expected.Length; i++)
            actual[i].ShouldBe(expected[i], 1e-4f, $"window {i}");
    }

    [Fact]
    public void Silence_is_no_speech()
    {
        Probabilities(new float[16000]).ShouldAllBe(probability => probability < 0.1f);
    }

    [Fact]
    public void Streams_do_not_hear_each_other_and_a_reset_one_begins_anew()
    {
        var samples = Recordings.Read("shared/recordings/jfk/jfk.wav").AsSpan(0, 100 * SileroVad.WindowLength).ToArray();
        var alone = Probabilities(samples);

        var results = new float[4][];
        Parallel.For(0, results.Length, i => results[i] = Probabilities(samples));
        results.ShouldAllBe(result => result.SequenceEqual(alone));

        var state = new SileroVadState();
        Probabilities(samples, state);
        state.Reset();
        Probabilities(samples, state).ShouldBe(alone);
    }

    [Fact]
    public void Samples_that_are_no_numbers_do_not_deafen_the_stream()
    {
        var samples = Recordings.Read("shared/recordings/jfk/jfk.wav").AsSpan(0, 64 * SileroVad.WindowLength).ToArray();
        var alone = Probabilities(samples);
        var state = new SileroVadState();

        foreach (var poison in (float[])[float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.MaxValue, float.MinValue])
        {
            var window = samples.AsSpan(0, SileroVad.WindowLength).ToArray();
            window[100] = poison;
            Vad.Process(state, window).ShouldBeInRange(0, 1);
            Probabilities(samples, state).ShouldAllBe(probability => probability >= 0 && probability <= 1);
        }

        state.Reset();
        Probabilities(samples, state).ShouldBe(alone);
    }

    [Fact]
    public void A_window_costs_no_memory()
    {
        var state = new SileroVadState();
        var window = new float[SileroVad.WindowLength];
        Vad.Process(state, window);

        Allocation.Of(() => Vad.Process(state, window)).ShouldBe(0);
    }

    [Fact]
    public void A_window_of_another_length_is_refused()
    {
        Should.Throw<ArgumentOutOfRangeException>(() => Vad.Process(new SileroVadState(), new float[511]));
    }

    [Fact]
    public void Other_models_and_damaged_files_are_refused()
    {
        Should.Throw<ModelFileException>(() => SileroVad.Load(Checkout.Path("shared/models/nano.en/ggml-nano.en.bin")));

        using var temporary = new TemporaryFile();
        var bytes = File.ReadAllBytes(ModelPath);
        var random = new Random(7);
        for (var round = 0; round < 150; round++)
        {
            // The header is 106 bytes; the first tensor's record follows. Numbers in the header are all fixed, but for the version.
            var damaged = bytes.ToArray();
            var at = random.Next(2) == 0 ? random.Next(4, 18) : random.Next(30, 106);
            damaged[at] ^= (byte)random.Next(1, 256);
            File.WriteAllBytes(temporary.Path, damaged);
            Should.Throw<ModelFileException>(() => SileroVad.Load(temporary.Path), $"byte {at}");

            File.WriteAllBytes(temporary.Path, bytes.AsSpan(0, random.Next(bytes.Length)));
            Should.Throw<ModelFileException>(() => SileroVad.Load(temporary.Path));
        }
    }

    private static float[] Probabilities(float[] samples, SileroVadState? state = null)
    {
        state ??= new SileroVadState();
        var windows = (samples.Length + SileroVad.WindowLength - 1) / SileroVad.WindowLength;
        Array.Resize(ref samples, windows * SileroVad.WindowLength);
        var probabilities = new float[windows];
        for (var i = 0; i < windows; i++)
            probabilities[i] = Vad.Process(state, samples.AsSpan(i * SileroVad.WindowLength, SileroVad.WindowLength));
        return probabilities;
    }
}
