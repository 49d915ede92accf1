using System.Buffers;
using Speech.Gateway.Audio;

namespace Speech.Gateway.Tests.Audio;

public sealed class SampleBufferTests
{
    [Fact]
    public void What_goes_in_comes_out_in_order_however_it_is_written_and_taken()
    {
        for (var seed = 0; seed < 50; seed++)
        {
            var random = new Random(seed);
            using var buffer = new SampleBuffer();
            var (written, taken) = (0, 0);
            for (var step = 0; step < 200; step++)
            {
                var block = Enumerable.Range(written, random.Next(step % 50 == 0 ? 40_000 : 700)).Select(value => (float)value).ToArray();
                buffer.Write(block);
                written += block.Length;
                while (buffer.Count >= 512)
                {
                    foreach (var sample in buffer.Take(512))
                        sample.ShouldBe(taken++);
                }
                if (random.Next(2) == 0)
                    buffer.Compact();
            }
            foreach (var sample in buffer.Take(buffer.Count))
                sample.ShouldBe(taken++);
            taken.ShouldBe(written);
        }
    }
}
