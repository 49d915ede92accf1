namespace Speech.Audio.Pcm;

/// <summary>
/// ITU-T G.711, telephony's logarithmic samples of 8 bits: a sign, an exponent of 3 bits and a mantissa of 4, with bits inverted for the
/// line's sake (all of them in µ-law, every second one in A-law). µ-law stands for 14 bits, A-law for 13; both are taken as the upper bits
/// of 16.
/// </summary>
public static class G711
{
    private const int MuLawBias = 0x84;
    private const int MuLawClip = short.MaxValue - MuLawBias;

    private static readonly float[] MuLaw = MakeTable(DecodeMuLaw);
    private static readonly float[] ALaw = MakeTable(DecodeALaw);

    /// <param name="samples">As many as <paramref name="bytes"/>; they come to lie in (-1, 1).</param>
    public static void MuLawToFloat(ReadOnlySpan<byte> bytes, Span<float> samples) => Decode(MuLaw, bytes, samples);

    /// <param name="samples">As many as <paramref name="bytes"/>; they come to lie in (-1, 1).</param>
    public static void ALawToFloat(ReadOnlySpan<byte> bytes, Span<float> samples) => Decode(ALaw, bytes, samples);

    public static byte EncodeMuLaw(short sample)
    {
        var magnitude = Math.Min(Math.Abs((int)sample), MuLawClip) + MuLawBias;
        var exponent = int.Log2(magnitude) - 7;
        return (byte)~((sample < 0 ? 0x80 : 0) | (exponent << 4) | ((magnitude >> (exponent + 3)) & 0xf));
    }

    public static byte EncodeALaw(short sample)
    {
        // Negative ones count from -1 on, so that every code stands for one interval.
        var magnitude = (sample < 0 ? ~sample : sample) >> 4;
        var exponent = magnitude < 32 ? magnitude >> 4 : int.Log2(magnitude) - 3;
        var mantissa = (exponent < 2 ? magnitude : magnitude >> (exponent - 1)) & 0xf;
        return (byte)(((sample < 0 ? 0 : 0x80) | (exponent << 4) | mantissa) ^ 0x55);
    }

    private static int DecodeMuLaw(int code)
    {
        code = ~code & 0xff;
        var magnitude = ((((code & 0xf) << 3) + MuLawBias) << ((code >> 4) & 7)) - MuLawBias;
        return (code & 0x80) != 0 ? -magnitude : magnitude;
    }

    private static int DecodeALaw(int code)
    {
        code ^= 0x55;
        var (exponent, mantissa) = ((code >> 4) & 7, code & 0xf);
        // The middle of the interval.
        var magnitude = exponent == 0 ? (mantissa << 4) + 8 : ((mantissa << 4) + 0x108) << (exponent - 1);
        return (code & 0x80) != 0 ? magnitude : -magnitude;
    }

    private static float[] MakeTable(Func<int, int> decode) => [.. Enumerable.Range(0, 256).Select(code => decode(code) / 32768f)];

    private static void Decode(float[] table, ReadOnlySpan<byte> bytes, Span<float> samples)
    {
        for (var i = 0; i < bytes.Length; i++)
            samples[i] = table[bytes[i]];
    }
}
