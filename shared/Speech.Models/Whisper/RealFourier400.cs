using System.Numerics;
using System.Runtime.CompilerServices;

namespace Speech.Models.Whisper;

/// <summary>The discrete Fourier transform of 400 real samples, for as many independent signals at once as a vector has lanes.
/// <para>Even and odd samples are the real and imaginary parts of 200 complex numbers z; their transform Z, by Stockham's method with
/// radices 5, 5, 4, 2 (each stage reads one buffer and writes the other, so that no bit reversal is needed), is untangled into the
/// spectrum X[k] = (Z[k] + Z*[200-k]) / 2 - i e^(-2 pi i k / 400) (Z[k] - Z*[200-k]) / 2.</para></summary>
internal sealed class RealFourier400
{
    public const int Length = 400;
    public const int Bins = Length / 2 + 1;

    private const int Half = Length / 2;

    private static readonly int[] Radices = [5, 5, 4, 2];

    private readonly Stage[] _stages = new Stage[Radices.Length];
    private readonly (float Cos, float Sin)[] _untangle = new (float, float)[Bins];
    private Complex[] _source = new Complex[Half];
    private Complex[] _target = new Complex[Half];

    public RealFourier400()
    {
        var (length, stride) = (Half, 1);
        for (var i = 0; i < Radices.Length; i++)
        {
            _stages[i] = new Stage(Radices[i], length, stride);
            length /= Radices[i];
            stride *= Radices[i];
        }

        for (var k = 0; k < Bins; k++)
            _untangle[k] = UnitRoot(k, Length);
    }

    /// <summary>|X[k]|^2 of each lane's signal, k = 0..200.</summary>
    public void PowerSpectrum(ReadOnlySpan<Vector<float>> samples, Span<Vector<float>> power)
    {
        for (var i = 0; i < Half; i++)
            _source[i] = new Complex(samples[2 * i], samples[2 * i + 1]);

        foreach (var stage in _stages)
        {
            stage.Apply(_source, _target);
            (_source, _target) = (_target, _source);
        }

        for (var k = 0; k < Bins; k++)
        {
            var a = _source[k == Half ? 0 : k];
            var b = _source[k == 0 ? 0 : Half - k];
            var even = new Complex(a.Re + b.Re, a.Im - b.Im);
            // -i (a - b*) is the odd samples' transform.
            var odd = new Complex(a.Im + b.Im, b.Re - a.Re).Times(_untangle[k]);
            var (re, im) = (even.Re + odd.Re, even.Im + odd.Im);
            power[k] = (re * re + im * im) * 0.25f;
        }
    }

    /// <summary>e^(-2 pi i k / n).</summary>
    private static (float Cos, float Sin) UnitRoot(int k, int n)
    {
        var (sin, cos) = Math.SinCos(-2 * Math.PI * k / n);
        return ((float)cos, (float)sin);
    }

    /// <summary>One complex number in each lane.</summary>
    private readonly struct Complex(Vector<float> re, Vector<float> im)
    {
        public readonly Vector<float> Re = re;
        public readonly Vector<float> Im = im;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Complex operator +(Complex a, Complex b) => new(a.Re + b.Re, a.Im + b.Im);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Complex operator -(Complex a, Complex b) => new(a.Re - b.Re, a.Im - b.Im);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Complex operator *(Complex a, float b) => new(a.Re * b, a.Im * b);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Complex Times((float Cos, float Sin) root) =>
            new(Re * root.Cos - Im * root.Sin, Re * root.Sin + Im * root.Cos);

        /// <summary>-i times this.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Complex TimesMinusI() => new(Im, -Re);
    }

    /// <summary>One stage, decimation in frequency: a sequence of <c>length</c> groups of <c>stride</c> numbers becomes
    /// <c>length / radix</c> groups of <c>radix * stride</c>.</summary>
    private sealed class Stage
    {
        private readonly int _radix;
        private readonly int _stride;
        private readonly int _count;
        private readonly (float Cos, float Sin)[] _twiddles;

        public Stage(int radix, int length, int stride)
        {
            _radix = radix;
            _stride = stride;
            _count = length / radix;
            _twiddles = new (float, float)[length];
            for (var p = 0; p < _count; p++)
            {
                for (var k = 0; k < radix; k++)
                    _twiddles[p * radix + k] = UnitRoot(p * k, length);
            }
        }

        public void Apply(ReadOnlySpan<Complex> source, Span<Complex> target)
        {
            for (var p = 0; p < _count; p++)
            {
                var twiddles = _twiddles.AsSpan(p * _radix, _radix);
                for (var q = 0; q < _stride; q++)
                {
                    var input = source[(q + _stride * p)..];
                    var output = target[(q + _stride * _radix * p)..];
                    switch (_radix)
                    {
                        case 2:
                            Butterfly2(input, _stride * _count, output, _stride, twiddles);
                            break;
                        case 4:
                            Butterfly4(input, _stride * _count, output, _stride, twiddles);
                            break;
                        default:
                            Butterfly5(input, _stride * _count, output, _stride, twiddles);
                            break;
                    }
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void Butterfly2(
            ReadOnlySpan<Complex> input, int step, Span<Complex> output, int stride, ReadOnlySpan<(float Cos, float Sin)> twiddles)
        {
            var (a, b) = (input[0], input[step]);
            output[0] = a + b;
            output[stride] = (a - b).Times(twiddles[1]);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void Butterfly4(
            ReadOnlySpan<Complex> input, int step, Span<Complex> output, int stride, ReadOnlySpan<(float Cos, float Sin)> twiddles)
        {
            var (a, b, c, d) = (input[0], input[step], input[2 * step], input[3 * step]);
            var (sumAc, differenceAc) = (a + c, a - c);
            var (sumBd, differenceBd) = (b + d, (b - d).TimesMinusI());
            output[0] = sumAc + sumBd;
            output[stride] = (differenceAc + differenceBd).Times(twiddles[1]);
            output[2 * stride] = (sumAc - sumBd).Times(twiddles[2]);
            output[3 * stride] = (differenceAc - differenceBd).Times(twiddles[3]);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void Butterfly5(
            ReadOnlySpan<Complex> input, int step, Span<Complex> output, int stride, ReadOnlySpan<(float Cos, float Sin)> twiddles)
        {
            const float Cos1 = 0.30901699437494742f; // cos, sin of 2 pi / 5 and 4 pi / 5
            const float Sin1 = 0.95105651629515357f;
            const float Cos2 = -0.80901699437494742f;
            const float Sin2 = 0.58778525229247313f;

            var a = input[0];
            var (sum1, difference1) = (input[step] + input[4 * step], (input[step] - input[4 * step]).TimesMinusI());
            var (sum2, difference2) = (input[2 * step] + input[3 * step], (input[2 * step] - input[3 * step]).TimesMinusI());
            var (cos1, sin1) = (a + sum1 * Cos1 + sum2 * Cos2, difference1 * Sin1 + difference2 * Sin2);
            var (cos2, sin2) = (a + sum1 * Cos2 + sum2 * Cos1, difference1 * Sin2 - difference2 * Sin1);
            output[0] = a + sum1 + sum2;
            output[stride] = (cos1 + sin1).Times(twiddles[1]);
            output[2 * stride] = (cos2 + sin2).Times(twiddles[2]);
            output[3 * stride] = (cos2 - sin2).Times(twiddles[3]);
            output[4 * stride] = (cos1 - sin1).Times(twiddles[4]);
        }
    }
}
