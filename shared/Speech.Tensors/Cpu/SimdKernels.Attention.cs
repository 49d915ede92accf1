using System.Runtime.CompilerServices;

namespace Speech.Tensors.Cpu;

internal sealed unsafe partial class SimdKernels<L, V>
{
    // Positions with more than one part in so many of the attention are made good: see CacheFormat.Int8.
    private const int PositionsThatMatter = 128;

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

    public override void WeightedSum(
        int rows, int count, float* weights, nint ldw, float* factors, float* rests, KeyValueCache cache, int head, float* output, nint ldo)
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
            x[i] = cache.Format == CacheFormat.Int8
                ? ((x[i] * cache.KeyScales(head)[i]) + RestOfScore(query, cache, head, i)) * scale : x[i] * scale;
    }

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

    protected override void Rests(
        float* key, sbyte* keyBytes, float keyScale, float* value, sbyte* valueBytes, float valueScale, sbyte* rests, int count)
    {
        for (var i = 0; i < count; i += L.Count)
        {
            var ofKey = Rest(key + i, keyBytes + i, keyScale);
            L.StoreInt8(L.MultiplyAdd(Rest(value + i, valueBytes + i, valueScale), L.Broadcast(KeyValueCache.ValueRest), ofKey), rests + i);
        }
    }

    /// <summary>
    /// At weights above a threshold makes good what rounding took: multiplies the weight by exp of what the score lacks, and adds to
    /// <paramref name="rest"/> what the weighted sum of values lacks. Returns what that adds to the sum of weights.
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

    private static V Rest(float* x, sbyte* bytes, float scale)
    {
        var inverse = L.Broadcast(scale > 0 ? 1 / scale : 0);
        return Nearest(L.Multiply(L.Subtract(L.Multiply(L.Load(x), inverse), L.LoadInt8(bytes)), L.Broadcast(KeyValueCache.RestSteps)));
    }

    private void Scores<E>(int rows, float* query, nint ldq, KeyValueCache cache, int head, int panels, float* scores, nint lds)
        where E : struct, IPanelElement<V> =>
        Multiply<E>(
            rows, cache.HeadSize, query, ldq, cache.Keys(head), (nint)cache.HeadSize * PanelWidth * E.Bytes, null, 0, panels, scores, lds,
            add: false);

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
                    MatrixTiles<L, V>.Sum2x4<E>(
                        count, weights + (row * ldw), ldw, values + (d * E.Bytes), ldv, output + (row * ldo) + d, ldo);
                if (row < rows)
                    MatrixTiles<L, V>.Sum1x4<E>(count, weights + (row * ldw), values + (d * E.Bytes), ldv, output + (row * ldo) + d);
            }

            for (; d < headSize; d += PanelWidth)
            {
                for (var row = 0; row < rows; row++)
                    MatrixTiles<L, V>.Tile1x2<E>(
                        count, weights + (row * ldw), values + (d * E.Bytes), ldv, null, output + (row * ldo) + d, add: false);
            }

            return;
        }

        for (var d = 0; d < headSize; d += PanelWidth)
            MatrixTiles<L, V>.Multiply<E>(rows, count, weights, ldw, values + (d * E.Bytes), ldv, null, output + d, ldo, add: false);
    }
}
