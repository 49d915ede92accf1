using System.Runtime.CompilerServices;

namespace Speech.Tensors.Cpu;

internal sealed unsafe partial class SimdKernels<L, V>
{
    public override void LayerNorm(float* x, float* weight, float* bias, float* y, int count)
    {
        V sums = default;
        var i = 0;
        for (; i <= count - L.Count; i += L.Count)
            sums = L.Add(sums, L.Load(x + i));
        var sum = L.Sum(sums);
        for (; i < count; i++)
            sum += x[i];

        var mean = sum / count;
        V means = L.Broadcast(mean), squares = default;
        for (i = 0; i <= count - L.Count; i += L.Count)
        {
            var d = L.Subtract(L.Load(x + i), means);
            squares = L.MultiplyAdd(d, d, squares);
        }

        var square = L.Sum(squares);
        for (; i < count; i++)
            square += (x[i] - mean) * (x[i] - mean);

        var scale = 1 / MathF.Sqrt((square / count) + 1e-5f);
        var scales = L.Broadcast(scale);
        for (i = 0; i <= count - L.Count; i += L.Count)
        {
            var d = L.Multiply(L.Subtract(L.Load(x + i), means), scales);
            L.Store(L.MultiplyAdd(d, L.Load(weight + i), L.Load(bias + i)), y + i);
        }

        for (; i < count; i++)
            y[i] = ((x[i] - mean) * scale * weight[i]) + bias[i];
    }

    public override void Add(float* x, float* y, int count)
    {
        var i = 0;
        for (; i <= count - L.Count; i += L.Count)
            L.Store(L.Add(L.Load(x + i), L.Load(y + i)), x + i);
        for (; i < count; i++)
            x[i] += y[i];
    }

    public override void Gelu(float* x, int count)
    {
        var i = 0;
        for (; i <= count - L.Count; i += L.Count)
            L.Store(Gelu(L.Load(x + i)), x + i);
        if (i == count)
            return;

        var tail = stackalloc float[L.Count];
        for (var t = i; t < count; t++)
            tail[t - i] = x[t];
        L.Store(Gelu(L.Load(tail)), tail);
        for (var t = i; t < count; t++)
            x[t] = tail[t - i];
    }

    public override void Relu(float* x, int count)
    {
        var i = 0;
        for (; i <= count - L.Count; i += L.Count)
            L.Store(L.Max(L.Load(x + i), default), x + i);
        for (; i < count; i++)
            x[i] = MathF.Max(x[i], 0);
    }

    public override float LogSumExp(float* x, int count)
    {
        var max = Max(x, count);
        var shift = L.Broadcast(max);
        V sums = default;
        var i = 0;
        for (; i <= count - L.Count; i += L.Count)
            sums = L.Add(sums, Exponential<L, V>.Of(L.Subtract(L.Load(x + i), shift)));
        var sum = L.Sum(sums);
        for (; i < count; i++)
            sum += MathF.Exp(x[i] - max);
        return max + MathF.Log(sum);
    }

    public override float Max(float* x, int count)
    {
        V least = L.Broadcast(float.NegativeInfinity), m0 = least, m1 = least, m2 = least, m3 = least;
        var i = 0;
        for (; i <= count - (4 * L.Count); i += 4 * L.Count)
        {
            m0 = L.Max(m0, L.Load(x + i));
            m1 = L.Max(m1, L.Load(x + i + L.Count));
            m2 = L.Max(m2, L.Load(x + i + (2 * L.Count)));
            m3 = L.Max(m3, L.Load(x + i + (3 * L.Count)));
        }

        var max = L.MaxAcross(L.Max(L.Max(m0, m1), L.Max(m2, m3)));
        for (; i < count; i++)
            max = MathF.Max(max, x[i]);
        return max;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override float Sum(float* x, int count)
    {
        V s0 = default, s1 = default, s2 = default, s3 = default, s4 = default, s5 = default, s6 = default, s7 = default;
        for (; count > 0; count -= 8 * L.Count, x += 8 * L.Count)
        {
            s0 = L.Add(s0, L.Load(x));
            s1 = L.Add(s1, L.Load(x + L.Count));
            s2 = L.Add(s2, L.Load(x + (2 * L.Count)));
            s3 = L.Add(s3, L.Load(x + (3 * L.Count)));
            s4 = L.Add(s4, L.Load(x + (4 * L.Count)));
            s5 = L.Add(s5, L.Load(x + (5 * L.Count)));
            s6 = L.Add(s6, L.Load(x + (6 * L.Count)));
            s7 = L.Add(s7, L.Load(x + (7 * L.Count)));
        }

        return L.Sum(L.Add(L.Add(L.Add(s0, s1), L.Add(s2, s3)), L.Add(L.Add(s4, s5), L.Add(s6, s7))));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override double RunPeak(int iterations)
    {
        // 24 chains with 32 registers, 12 with 16: enough to fill two units of latency four, and what the tiles themselves hold.
        V x = L.Broadcast(0.999f), y = L.Broadcast(0.001f);
        V c0 = y, c1 = y, c2 = y, c3 = y, c4 = y, c5 = y, c6 = y, c7 = y, c8 = y, c9 = y, c10 = y, c11 = y;
        for (var i = 0; i < iterations; i++)
        {
            c0 = L.MultiplyAdd(c0, x, y);
            c1 = L.MultiplyAdd(c1, x, y);
            c2 = L.MultiplyAdd(c2, x, y);
            c3 = L.MultiplyAdd(c3, x, y);
            c4 = L.MultiplyAdd(c4, x, y);
            c5 = L.MultiplyAdd(c5, x, y);
            c6 = L.MultiplyAdd(c6, x, y);
            c7 = L.MultiplyAdd(c7, x, y);
            c8 = L.MultiplyAdd(c8, x, y);
            c9 = L.MultiplyAdd(c9, x, y);
            c10 = L.MultiplyAdd(c10, x, y);
            c11 = L.MultiplyAdd(c11, x, y);
        }

        c0 = L.Add(L.Add(L.Add(c0, c1), L.Add(c2, c3)), L.Add(L.Add(c4, c5), L.Add(c6, c7)));
        c0 = L.Add(c0, L.Add(L.Add(c8, c9), L.Add(c10, c11)));
        return float.IsNaN(L.Sum(c0)) ? 0 : 12.0 * 2 * L.Count * iterations;
    }

    /// <summary>x *= factors, in whole vectors.</summary>
    private static void Multiply(float* x, float* factors, int count)
    {
        for (var i = 0; i < count; i += L.Count)
            L.Store(L.Multiply(L.Load(x + i), L.Load(factors + i)), x + i);
    }

    private static void Scale(float* x, int count, float factor)
    {
        var factors = L.Broadcast(factor);
        for (var i = 0; i < count; i += L.Count)
            L.Store(L.Multiply(L.Load(x + i), factors), x + i);
    }

    // erf by Abramowitz and Stegun 7.1.26: absolute error below 1.5e-7.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Gelu(V x)
    {
        var one = L.Broadcast(1);
        var z = L.Multiply(L.Abs(x), L.Broadcast(0.70710678f));
        var t = L.Divide(one, L.MultiplyAdd(z, L.Broadcast(0.3275911f), one));
        var p = L.MultiplyAdd(t, L.Broadcast(1.061405429f), L.Broadcast(-1.453152027f));
        p = L.MultiplyAdd(t, p, L.Broadcast(1.421413741f));
        p = L.MultiplyAdd(t, p, L.Broadcast(-0.284496736f));
        p = L.MultiplyAdd(t, p, L.Broadcast(0.254829592f));
        p = L.Multiply(t, p);
        var tail = L.Multiply(p, Exponential<L, V>.Of(L.Multiply(z, L.Subtract(default, z))));
        var erf = L.CopySign(L.Subtract(one, tail), x);
        return L.Multiply(L.Multiply(L.Broadcast(0.5f), x), L.Add(one, erf));
    }
}
