using System.Runtime.InteropServices;
using Speech.Audio.Pcm;
using Speech.Audio.Streams;

namespace Speech.Audio.Tests.Pcm;

public sealed class FloatScaleTests
{
    private static readonly float[] Voice = Recordings.Speech(3);

    [Fact]
    public void Floats_on_the_scale_of_integers_are_divided()
    {
        var (heard, faults) = Decode([.. Voice.Select(x => x * 32768)]);
        faults.ShouldBe(AudioFault.IntegerScale);
        var first = Array.FindIndex(heard, x => MathF.Abs(x) is > 0.01f and < 0.99f);
        first.ShouldBeLessThan(8_000);
        heard[8_000..].ShouldBe(Voice[8_000..]);
    }

    [Fact]
    public void A_hot_mix_is_clipped_and_not_taken_for_integers()
    {
        var (heard, faults) = Decode([.. Voice.Select(x => x * 6)]);
        faults.ShouldBe(AudioFault.None);
        heard.ShouldBe([.. Voice.Select(x => Math.Clamp(x * 6, -1, 1))]);
    }

    [Fact]
    public void A_few_damaged_samples_do_not_silence_the_rest()
    {
        var damaged = Voice.ToArray();
        for (var i = 0; i < 31; i++)
            damaged[100 * i] = i % 2 == 0 ? 20_000 : -1e30f;
        var (heard, faults) = Decode(damaged);
        faults.ShouldBe(AudioFault.None);
        heard[4000..].ShouldBe(Voice[4000..]);
    }

    private static (float[] Heard, AudioFault Faults) Decode(float[] samples)
    {
        using var decoder = AudioStreamDecoder.Create("pcm_f32le");
        var bytes = MemoryMarshal.AsBytes(samples.AsSpan()).ToArray();
        var heard = Signals.Collect(output =>
        {
            foreach (var piece in Signals.Pieces(bytes.Length, 5, 3000))
                decoder.Decode(bytes.AsSpan(piece), output);
            decoder.Complete(output);
        });
        return (heard, decoder.Faults);
    }
}
