using FsCheck;
using FsCheck.Fluent;
using Speech.Audio.Resampling;

namespace Speech.Audio.Tests.Resampling;

public sealed class ResamplerTests
{
    public static TheoryData<string> Libraries => [.. Implementations.OfResampling.Select(library => library.Name)];

    public static TheoryData<string, int> Rates => With(8_000, 11_025, 22_050, 24_000, 44_100, 48_000, 96_000, 384_000);

    public static TheoryData<string, int> FewRates => With(44_100, 8_000);

    [Theory]
    [MemberData(nameof(Rates))]
    public void A_sine_stays_a_pure_sine_of_the_same_frequency_and_loudness(string library, int fromRate)
    {
        var output = Resampler.Resample(Signals.Sine(1000, fromRate, fromRate), fromRate, 16_000, Of(library));

        output.Length.ShouldBe(16_000);
        // Without the ends, where the filter sees the sudden start.
        var middle = output.AsSpan(2000, 12_000);
        Signals.SinePurity(middle, 1000, 16_000).ShouldBeGreaterThan(100);
        (Signals.Energy(middle) / 12_000).ShouldBe(0.125, 0.0005);
        Signals.Snr(Signals.Sine(1000, 16_000, 16_000).AsSpan(2000, 12_000), middle).ShouldBeGreaterThan(90);
    }

    [Theory]
    [MemberData(nameof(Libraries))]
    public void What_is_too_high_for_the_new_rate_is_removed(string library)
    {
        var output = Resampler.Resample(Signals.Sine(12_000, 48_000, 48_000), 48_000, 16_000, Of(library));

        (Signals.Energy(output.AsSpan(2000, 12_000)) / 12_000).ShouldBeLessThan(1e-9);
    }

    [Theory]
    [MemberData(nameof(Libraries))]
    public void The_length_is_exact_for_any_length_and_rates(string library)
    {
        var cases = from length in Gen.Choose(0, 5000)
                    from fromRate in Gen.Elements(1_000, 8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 88_200, 384_000)
                    from toRate in Gen.Elements(8_000, 16_000, 24_000, 48_000)
                    select (length, fromRate, toRate);
        Check.One(Config.QuickThrowOnFailure.WithReplay(1, 3).WithMaxTest(300), Prop.ForAll(Arb.From(cases), x =>
        {
            using var resampler = new Resampler(x.fromRate, x.toRate, Of(library));
            var output = Signals.Collect(o =>
            {
                resampler.Process(new float[x.length], o);
                resampler.Flush(o);
            });

            output.LongLength.ShouldBe(Resampler.OutputLength(x.length, x.fromRate, x.toRate));
        }));
    }

    [Theory]
    [MemberData(nameof(FewRates))]
    public void Pieces_of_any_size_give_the_same_samples_as_the_whole(string library, int fromRate)
    {
        var input = Signals.Noise(fromRate);
        var whole = Resampler.Resample(input, fromRate, 16_000, Of(library));
        foreach (var largest in (int[])[3, 160, 5000])
        {
            using var resampler = new Resampler(fromRate, 16_000, Of(library));
            var pieces = Signals.Collect(output =>
            {
                foreach (var piece in Signals.Pieces(input.Length, 7, largest))
                    resampler.Process(input.AsSpan(piece), output);
                resampler.Flush(output);
            });

            pieces.ShouldBe(whole);
        }
    }

    [Theory]
    [MemberData(nameof(Libraries))]
    public void A_little_output_room_at_a_time_is_enough(string library)
    {
        var input = Signals.Noise(24_000);
        using var resampler = new Resampler(24_000, 16_000, Of(library));
        var (output, room) = (new List<float>(), new float[50]);
        var rest = input.AsSpan();
        while (!rest.IsEmpty)
        {
            var (consumed, written) = resampler.Process(rest, room);
            output.AddRange(room[..written]);
            rest = rest[consumed..];
        }
        while (resampler.Flush(room) is var written and > 0)
            output.AddRange(room[..written]);

        output.ShouldBe(Resampler.Resample(input, 24_000, 16_000, Of(library)));
    }

    [Theory]
    [MemberData(nameof(Libraries))]
    public void After_the_flush_nothing_more_is_taken(string library)
    {
        using var resampler = new Resampler(24_000, 16_000, Of(library));
        resampler.Flush(new float[10]);
        Should.Throw<InvalidOperationException>(() => resampler.Process(new float[5], new float[10]));
    }

    [Theory]
    [InlineData(999, 16_000)]
    [InlineData(16_000, 384_001)]
    public void Absurd_rates_are_refused(int fromRate, int toRate) =>
        Should.Throw<AudioFormatException>(() => new Resampler(fromRate, toRate)).Message.ShouldContain("outside");

    private static IResamplingLibrary Of(string library) => Implementations.OfResampling.Single(resampling => resampling.Name == library);

    private static TheoryData<string, int> With(params int[] rates)
    {
        var cases = new TheoryData<string, int>();
        foreach (var library in Implementations.OfResampling)
        {
            foreach (var rate in rates)
                cases.Add(library.Name, rate);
        }
        return cases;
    }
}
