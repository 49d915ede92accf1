using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Speech.Tensors.Cpu;

internal sealed unsafe class SimdKernels<L, V> : CpuKernels
    where L : struct, ILanes<V>
    where V : unmanaged
{
    // From here on the cost of widening a half-precision panel once is small beside the rows that use it.
    private const int RowsWorthWidening = 24;

    // Panels whose sums are kept aside at a time: as many as one row takes at once.
    private const int PanelsAside = 4;

    // What is asked for so far ahead must still be in the second cache when it is read.
    private const int FarthestAhead = 256 * 1024;

    // Positions with more than one part in so many of the attention are made good: see CacheFormat.Int8.
    private const int PositionsThatMatter = 128;

    public override int PanelWidth => 2 * L.Count;

    public override void Multiply(int rows, float* a, nint lda, PackedMatrix b, int firstPanel, int endPanel, float* c, nint ldc, bool add, float* scratch)
    {
        if (b.Format == WeightFormat.Single)
        {
            Multiply<SingleElement<L, V>>(rows, a, lda, b, firstPanel, endPanel, c, ldc, add);
            return;
        }

        if (b.Format == WeightFormat.Int8Rows)
        {
            MultiplyThenScale(rows, a, lda, b, firstPanel, endPanel, c, ldc, add, scratch);
            return;
        }

        if (rows < RowsWorthWidening)
        {
            if (b.Format == WeightFormat.Half)
                Multiply<HalfElement<L, V>>(rows, a, lda, b, firstPanel, endPanel, c, ldc, add);
            else
                Multiply<Int8Element<L, V>>(rows, a, lda, b, firstPanel, endPanel, c, ldc, add);
            return;
        }

        for (var panel = firstPanel; panel < endPanel; panel++)
        {
            var offset = panel * PanelWidth;
            if (b.Format == WeightFormat.Half)
                Widen<HalfElement<L, V>>(b.Data + (panel * b.PanelBytes), b.Inputs, scratch);
            else
                Widen<Int8Element<L, V>>(b.Data + (panel * b.PanelBytes), b.Inputs, scratch);
            MatrixTiles<L, V>.Multiply<SingleElement<L, V>>(
                rows, b.Inputs, a, lda, (byte*)scratch, PanelWidth * sizeof(float), BiasAt(b, offset), c + offset, ldc, add);
        }
    }

    public override void Scores(int rows, float* query, nint ldq, KeyValueCache cache, int head, int panels, float* scores, nint lds)
    {
        switch (cache.Format)
        {
            case CacheFormat.Single:
                Scores<SingleElement<L, V>>(rows, query, ldq, cache, head, panels, scores, lds);
                break;
            case CacheFormat.Half:
                Scores<HalfElement<L, V>>(rows, query, ldq, cache, head, panels, scores, lds);
                break;
            default:
                Scores<ByteElement<L, V>>(rows, query, ldq, cache, head, panels, scores, lds);
                break;
        }
    }

    public override void WeightedSum(int rows, int count, float* weights, nint ldw, float* factors, float* rests, KeyValueCache cache, int head, float* output, nint ldo)
    {
        switch (cache.Format)
        {
            case CacheFormat.Single:
                WeightedSum<SingleElement<L, V>>(rows, count, weights, ldw, cache.Values(head), cache.HeadSize, output, ldo);
                break;
            case CacheFormat.Half:
                WeightedSum<HalfElement<L, V>>(rows, count, weights, ldw, cache.Values(head), cache.HeadSize, output, ldo);
                break;
            default:
                WeightedSum<ByteElement<L, V>>(rows, count, weights, ldw, cache.Values(head), cache.HeadSize, output, ldo);
                break;
        }

        for (var row = 0; row < rows; row++)
        {
            if (cache.Format == CacheFormat.Int8)
                Add(output + (row * ldo), rests + (row * cache.HeadSize), cache.HeadSize);
            Scale(output + (row * ldo), cache.HeadSize, factors[row]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override float Exponentials(float* x, int count, float* query, KeyValueCache cache, int head, float* rest)
    {
        var padded = (count + L.Count - 1) / L.Count * L.Count;
        if (cache.Format == CacheFormat.Int8)
            Multiply(x, cache.KeyScales(head), padded);

        // Beyond the count a vector is filled up with what adds nothing.
        for (var i = count; i < padded; i++)
            x[i] = float.NegativeInfinity;
        V maxima = L.Load(x), scales = L.Broadcast(1 / MathF.Sqrt(cache.HeadSize)), sums = default;
        for (var i = L.Count; i < padded; i += L.Count)
            maxima = L.Max(maxima, L.Load(x + i));
        var shift = L.Broadcast(L.MaxAcross(maxima));
        for (var i = 0; i < padded; i += L.Count)
        {
            var e = Exponential<L, V>.Of(L.Multiply(L.Subtract(L.Load(x + i), shift), scales));
            sums = L.Add(sums, e);
            L.Store(e, x + i);
        }

        var sum = L.Sum(sums);
        if (cache.Format == CacheFormat.Int8)
        {
            sum += Refine(x, count, sum / PositionsThatMatter, query, cache, head, rest);
            Multiply(x, cache.ValueScales(head), padded);
        }

        return 1 / sum;
    }

    public override void Complete(float* x, int count, float* query, KeyValueCache cache, int head)
    {
        var scale = 1 / MathF.Sqrt(cache.HeadSize);
        for (var i = 0; i < count; i++)
            x[i] = cache.Format == CacheFormat.Int8 ? ((x[i] * cache.KeyScales(head)[i]) + RestOfScore(query, cache, head, i)) * scale : x[i] * scale;
    }

    /// <summary>
    /// At weights above a threshold makes good what rounding took: multiplies the weight by exp of what the score lacks, and adds to <paramref name="rest"/> what the
    /// weighted sum of values lacks. Returns what that adds to the sum of weights.
    /// </summary>
    private static float Refine(float* x, int count, float threshold, float* query, KeyValueCache cache, int head, float* rest)
    {
        for (var d = 0; d < cache.HeadSize; d += L.Count)
            L.Store(default, rest + d);
        var scale = 1 / MathF.Sqrt(cache.HeadSize);
        var added = 0f;
        for (var i = 0; i < count; i += L.Count)
        {
            if (L.MaxAcross(L.Load(x + i)) <= threshold)
                continue;
            for (var key = i; key < Math.Min(i + L.Count, count); key++)
            {
                if (x[key] <= threshold)
                    continue;
                var refined = x[key] * MathF.Exp(RestOfScore(query, cache, head, key) * scale);
                added += refined - x[key];
                x[key] = refined;
                var weight = L.Broadcast(refined * cache.ValueScales(head)[key] / KeyValueCache.RestSteps);
                var rests = cache.Rests(head) + ((nint)key * cache.HeadSize);
                for (var d = 0; d < cache.HeadSize; d += L.Count)
                    L.Store(L.MultiplyAdd(weight, ValueRests(L.LoadInt8(rests + d)), L.Load(rest + d)), rest + d);
            }
        }

        return added;
    }

    private static float RestOfScore(float* query, KeyValueCache cache, int head, int key)
    {
        var rests = cache.Rests(head) + ((nint)key * cache.HeadSize);
        V sums = default;
        for (var d = 0; d < cache.HeadSize; d += L.Count)
        {
            var both = L.LoadInt8(rests + d);
            sums = L.MultiplyAdd(L.Load(query + d), L.MultiplyAdd(ValueRests(both), L.Broadcast(-KeyValueCache.ValueRest), both), sums);
        }

        return L.Sum(sums) * cache.KeyScales(head)[key] / KeyValueCache.RestSteps;
    }

    /// <summary>The nearest multiples of 16, divided by it: the keys' part is too small to matter.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V ValueRests(V both) => Nearest(L.Multiply(both, L.Broadcast(1f / KeyValueCache.ValueRest)));

    /// <summary>The nearest integers of small numbers: beside this one, a float has no room for fractions.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Nearest(V x)
    {
        var rounder = L.Broadcast(12582912);
        return L.Subtract(L.Add(x, rounder), rounder);
    }

    /// <summary>x *= factors, in whole vectors.</summary>
    private static void Multiply(float* x, float* factors, int count)
    {
        for (var i = 0; i < count; i += L.Count)
            L.Store(L.Multiply(L.Load(x + i), L.Load(factors + i)), x + i);
    }

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

    /// <summary>
    /// Sums over the bytes themselves, then scale and bias once for each sum. The sums go where the result goes, unless that is to be added to.
    /// </summary>
    private void MultiplyThenScale(int rows, float* a, nint lda, PackedMatrix b, int firstPanel, int endPanel, float* c, nint ldc, bool add, float* scratch)
    {
        var widen = rows >= RowsWorthWidening;
        var step = widen ? 1 : add ? PanelsAside : endPanel - firstPanel;
        var aside = stackalloc float[add ? rows * step * PanelWidth : 0];
        var lds = add ? (nint)step * PanelWidth : ldc;
        for (var panel = firstPanel; panel < endPanel; panel += step)
        {
            var panels = Math.Min(step, endPanel - panel);
            var result = c + (panel * PanelWidth);
            var sums = add ? aside : result;
            var weights = b.Data + (panel * b.PanelBytes) + (PanelWidth * sizeof(float));
            if (widen)
            {
                Widen<ByteElement<L, V>>(weights, b.Inputs, scratch);
                MatrixTiles<L, V>.Multiply<SingleElement<L, V>>(
                    rows, b.Inputs, a, lda, (byte*)scratch, PanelWidth * sizeof(float), null, sums, lds, add: false);
            }
            else
            {
                Multiply<ByteElement<L, V>>(rows, b.Inputs, a, lda, weights, b.PanelBytes, null, 0, panels, sums, lds, add: false);
            }

            for (var i = 0; i < panels; i++)
            {
                var offset = i * PanelWidth;
                Scale(rows, sums + offset, lds, (float*)(b.Data + ((panel + i) * b.PanelBytes)), BiasAt(b, (panel * PanelWidth) + offset), result + offset, ldc, add);
            }
        }
    }

    /// <summary>C = sums·scales + bias (+ C) for one panel.</summary>
    private static void Scale(int rows, float* sums, nint lds, float* scales, float* bias, float* c, nint ldc, bool add)
    {
        V firstScale = L.Load(scales), secondScale = L.Load(scales + L.Count), firstBias = default, secondBias = default;
        if (bias is not null)
            (firstBias, secondBias) = (L.Load(bias), L.Load(bias + L.Count));
        for (var row = 0; row < rows; row++, sums += lds, c += ldc)
        {
            var first = L.MultiplyAdd(L.Load(sums), firstScale, firstBias);
            var second = L.MultiplyAdd(L.Load(sums + L.Count), secondScale, secondBias);
            L.Store(add ? L.Add(first, L.Load(c)) : first, c);
            L.Store(add ? L.Add(second, L.Load(c + L.Count)) : second, c + L.Count);
        }
    }

    private void Multiply<E>(int rows, float* a, nint lda, PackedMatrix b, int firstPanel, int endPanel, float* c, nint ldc, bool add)
        where E : struct, IPanelElement<V> =>
        Multiply<E>(rows, b.Inputs, a, lda, b.Data, b.PanelBytes, b.Bias, firstPanel, endPanel, c, ldc, add);

    private void Multiply<E>(int rows, int k, float* a, nint lda, byte* b, nint panelBytes, float* bias, int firstPanel, int endPanel, float* c, nint ldc, bool add)
        where E : struct, IPanelElement<V>
    {
        var ldb = (nint)PanelWidth * E.Bytes;
        var tiled = MatrixTiles<L, V>.TiledRows(rows);
        var rest = rows - tiled;
        if (rest > 1)
        {
            // Two or three rows cost less as a tile of four than one by one, as every load of B then serves them all. The missing rows are zeros.
            var padded = stackalloc float[4 * k];
            for (var row = 0; row < rest; row++)
                NativeMemory.Copy(a + ((tiled + row) * lda), padded + (row * k), (nuint)k * sizeof(float));
            NativeMemory.Clear(padded + (rest * k), (nuint)((4 - rest) * k) * sizeof(float));
            var result = stackalloc float[4 * PanelWidth];
            for (var panel = firstPanel; panel < endPanel; panel++)
            {
                var offset = panel * PanelWidth;
                var at = b + (panel * panelBytes);
                var biasAt = bias is null ? null : bias + offset;
                MatrixTiles<L, V>.Multiply<E>(tiled, k, a, lda, at, ldb, biasAt, c + offset, ldc, add);
                MatrixTiles<L, V>.Multiply<E>(4, k, padded, k, at, ldb, biasAt, result, PanelWidth, add: false);
                for (var row = 0; row < rest; row++)
                    MatrixTiles<L, V>.Put(result + (row * PanelWidth), c + ((tiled + row) * ldc) + offset, add);
            }

            return;
        }

        // A single row takes four or two panels at once, to have enough independent chains.
        for (var panel = firstPanel; panel < endPanel;)
        {
            var left = endPanel - panel;
            var group = rest == 0 ? 1 : left >= 4 ? 4 : left >= 2 ? 2 : 1;
            for (var i = panel; i < panel + group; i++)
            {
                var offset = i * PanelWidth;
                MatrixTiles<L, V>.Multiply<E>(
                    group > 1 ? tiled : rows, k, a, lda, b + (i * panelBytes), ldb, bias is null ? null : bias + offset, c + offset, ldc, add);
            }

            if (group > 1)
            {
                var offset = panel * PanelWidth;
                var at = b + (panel * panelBytes);
                var biasAt = bias is null ? null : bias + offset;
                if (group == 2)
                    MatrixTiles<L, V>.Tile1x4<E>(k, a + (tiled * lda), at, ldb, panelBytes, biasAt, c + (tiled * ldc) + offset, add);
                else
                    MatrixTiles<L, V>.Tile1x8<E>(k, a + (tiled * lda), at, ldb, panelBytes, Ahead(panelBytes, left), biasAt, c + (tiled * ldc) + offset, add);
            }

            panel += group;
        }
    }

    /// <summary>What to ask memory for while four panels are read: the same place in the next four, if those are to be read and near.</summary>
    private static nint Ahead(nint panelBytes, int panelsLeft) =>
        panelsLeft >= 8 && panelBytes <= FarthestAhead / 4 ? 4 * panelBytes : Math.Min(panelBytes, 4096);

    protected override float Quantise(float* x, sbyte* bytes, int count)
    {
        V maxima = default;
        for (var i = 0; i < count; i += L.Count)
            maxima = L.Max(maxima, L.Abs(L.Load(x + i)));
        var max = L.MaxAcross(maxima);
        var inverse = L.Broadcast(max > 0 ? sbyte.MaxValue / max : 0);
        for (var i = 0; i < count; i += L.Count)
            L.StoreInt8(L.Multiply(L.Load(x + i), inverse), bytes + i);
        return max / sbyte.MaxValue;
    }

    protected override void Rests(float* key, sbyte* keyBytes, float keyScale, float* value, sbyte* valueBytes, float valueScale, sbyte* rests, int count)
    {
        for (var i = 0; i < count; i += L.Count)
        {
            var ofKey = Rest(key + i, keyBytes + i, keyScale);
            L.StoreInt8(L.MultiplyAdd(Rest(value + i, valueBytes + i, valueScale), L.Broadcast(KeyValueCache.ValueRest), ofKey), rests + i);
        }
    }

    private static V Rest(float* x, sbyte* bytes, float scale)
    {
        var inverse = L.Broadcast(scale > 0 ? 1 / scale : 0);
        return Nearest(L.Multiply(L.Subtract(L.Multiply(L.Load(x), inverse), L.LoadInt8(bytes)), L.Broadcast(KeyValueCache.RestSteps)));
    }

    private void Scores<E>(int rows, float* query, nint ldq, KeyValueCache cache, int head, int panels, float* scores, nint lds)
        where E : struct, IPanelElement<V> =>
        Multiply<E>(
            rows, cache.HeadSize, query, ldq, cache.Keys(head), (nint)cache.HeadSize * PanelWidth * E.Bytes, null, 0, panels, scores, lds, add: false);

    private static void Scale(float* x, int count, float factor)
    {
        var factors = L.Broadcast(factor);
        for (var i = 0; i < count; i += L.Count)
            L.Store(L.Multiply(L.Load(x + i), factors), x + i);
    }

    private void WeightedSum<E>(int rows, int count, float* weights, nint ldw, byte* values, int headSize, float* output, nint ldo)
        where E : struct, IPanelElement<V>
    {
        var ldv = (nint)headSize * E.Bytes;
        if (rows < 4)
        {
            var d = 0;
            for (; d <= headSize - (4 * L.Count); d += 4 * L.Count)
            {
                var row = 0;
                for (; row < rows - 1; row += 2)
                    MatrixTiles<L, V>.Sum2x4<E>(count, weights + (row * ldw), ldw, values + (d * E.Bytes), ldv, output + (row * ldo) + d, ldo);
                if (row < rows)
                    MatrixTiles<L, V>.Sum1x4<E>(count, weights + (row * ldw), values + (d * E.Bytes), ldv, output + (row * ldo) + d);
            }

            for (; d < headSize; d += PanelWidth)
            {
                for (var row = 0; row < rows; row++)
                    MatrixTiles<L, V>.Tile1x2<E>(count, weights + (row * ldw), values + (d * E.Bytes), ldv, null, output + (row * ldo) + d, add: false);
            }

            return;
        }

        for (var d = 0; d < headSize; d += PanelWidth)
            MatrixTiles<L, V>.Multiply<E>(rows, count, weights, ldw, values + (d * E.Bytes), ldv, null, output + d, ldo, add: false);
    }

    private static float* BiasAt(PackedMatrix b, int offset) => b.Bias is null ? null : b.Bias + offset;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Widen<E>(byte* panel, int inputs, float* destination)
        where E : struct, IPanelElement<V>
    {
        var vector = L.Count * E.Bytes;
        while (inputs > 0)
        {
            V first = E.Scale(panel, 0), second = E.Scale(panel, 1);
            panel += E.ScaleBytes;
            var steps = Math.Min(inputs, E.BlockLength);
            inputs -= steps;
            for (; steps > 0; steps--)
            {
                L.Store(E.Load(panel, first), destination);
                L.Store(E.Load(panel + vector, second), destination + L.Count);
                panel += 2 * vector;
                destination += 2 * L.Count;
            }
        }
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
