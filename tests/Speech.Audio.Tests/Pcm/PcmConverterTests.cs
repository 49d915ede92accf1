using Speech.Audio.Pcm;

namespace Speech.Audio.Tests.Pcm;

public sealed class PcmConverterTests
{
    [Fact]
    public void Every_format_spans_minus_one_to_one()
    {
        Convert(SampleFormat.U8, [0, 128, 255]).ShouldBe([-1, 0, 127 / 128f]);
        Convert(SampleFormat.S16, [0, 0x80, 0, 0, 0xff, 0x7f]).ShouldBe([-1, 0, 32767 / 32768f]);
        Convert(SampleFormat.S24, [0, 0, 0x80, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]).ShouldBe([-1, -1 / 8388608f, 8388607 / 8388608f]);
        Convert(SampleFormat.S32, [0, 0, 0, 0x80, 0, 0, 0, 0x40]).ShouldBe([-1, 0.5f]);
        Convert(SampleFormat.F32, [.. BitConverter.GetBytes(0.25f), .. BitConverter.GetBytes(-3f)]).ShouldBe([0.25f, -1]);
        Convert(SampleFormat.F64, [.. BitConverter.GetBytes(0.25), .. BitConverter.GetBytes(7.0)]).ShouldBe([0.25f, 1]);

        static float[] Convert(SampleFormat format, byte[] bytes)
        {
            var samples = new float[bytes.Length / format.BytesPerSample()];
            PcmConverter.ToFloat(format, bytes, samples);
            return samples;
        }
    }

    [Fact]
    public void What_is_no_number_becomes_silence_wherever_it_stands()
    {
        for (var length = 1; length < 40; length++)
        {
            for (var i = 0; i < length; i++)
            {
                foreach (var bad in (float[])[float.NaN, float.PositiveInfinity, float.NegativeInfinity])
                {
                    var samples = Enumerable.Repeat(2f, length).ToArray();
                    samples[i] = bad;

                    PcmConverter.Sanitize(samples);

                    samples.ShouldBe([.. Enumerable.Range(0, length).Select(j => j == i ? 0f : 1f)]);
                }
            }
        }
    }
}
