using System.Runtime.InteropServices;
using Concentus;

namespace Speech.Audio.Resampling;

/// <summary>
/// Speex' resampler, which comes with Concentus, about as pure as libsoxr at its high quality, and over ten times as dear.
/// </summary>
internal sealed class SpeexResampling : IResamplingLibrary
{
    private const int Quality = 8;

    public string Name => "Concentus";

    public IRateConverter Create(int fromRate, int toRate) => new Converter(fromRate, toRate);

    private sealed class Converter : IRateConverter
    {
        private readonly IResampler _speex;
        private readonly int _fromRate;
        private readonly int _toRate;
        private readonly float[] _silence = new float[256];
        private long _consumed;
        private long _written;

        public Converter(int fromRate, int toRate)
        {
            (_fromRate, _toRate) = (fromRate, toRate);
            _speex = ResamplerFactory.CreateResampler(1, fromRate, toRate, Quality);
            _speex.SkipZeroes(); // the filter's delay
        }

        public (int Consumed, int Written) Process(ReadOnlySpan<float> input, Span<float> output)
        {
            if (input.IsEmpty)
                return (0, Flush(output));
            var (consumed, written) = Call(input, output);
            _consumed += consumed;
            return (consumed, written);
        }

        public void Dispose() => _speex.Dispose();

        /// <summary>As much silence as the end of the input needs to come out.</summary>
        private int Flush(Span<float> output)
        {
            var left = Resampler.OutputLength(_consumed, _fromRate, _toRate) - _written;
            var room = output[..(int)Math.Min(output.Length, left)];
            var flushed = 0;
            while (flushed < room.Length)
                flushed += Call(_silence, room[flushed..]).Written;
            return flushed;
        }

        private (int Consumed, int Written) Call(ReadOnlySpan<float> input, Span<float> output)
        {
            var (consumed, written) = (input.Length, output.Length);
            // It takes a span that could be written to, and only reads from it.
            var from = MemoryMarshal.CreateSpan(ref MemoryMarshal.GetReference(input), input.Length);
            _speex.Process(0, from, ref consumed, output, ref written);
            _written += written;
            return (consumed, written);
        }
    }
}
