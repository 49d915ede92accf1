namespace Speech.Audio.Resampling;

/// <summary>libsoxr at its high quality.</summary>
internal sealed class SoxrResampling : IResamplingLibrary
{
    public string Name => "libsoxr";

    public IRateConverter Create(int fromRate, int toRate) => new Converter(fromRate, toRate);

    private sealed class Converter(int fromRate, int toRate) : IRateConverter
    {
        private readonly SoxrHandle _soxr = new(fromRate, toRate);

        public unsafe (int Consumed, int Written) Process(ReadOnlySpan<float> input, Span<float> output)
        {
            // An empty span is pinned as null, which tells soxr that the input has ended.
            fixed (float* from = input)
            fixed (float* to = output)
            {
                var error = LibSoxr.Process(_soxr, from, (nuint)input.Length, out var consumed, to, (nuint)output.Length, out var written);
                LibSoxr.Check(error, "soxr_process");
                return ((int)consumed, (int)written);
            }
        }

        public void Dispose() => _soxr.Dispose();
    }
}
