using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Speech.Tensors.Cpu;

/// <summary>The kernels at one vector width. Each call is one thread's piece of work; <see cref="CpuDevice"/> cuts the pieces.</summary>
internal abstract unsafe class CpuKernels
{
    public static CpuKernels Create(SimdLevel level) => level switch
    {
        SimdLevel.Avx512 => new SimdKernels<Lanes512, System.Runtime.Intrinsics.Vector512<float>>(),
        SimdLevel.Avx2 => new SimdKernels<Lanes256, System.Runtime.Intrinsics.Vector256<float>>(),
        _ => new SimdKernels<Lanes128, System.Runtime.Intrinsics.Vector128<float>>(),
    };

    /// <summary>Outputs in a packed panel: two vectors.</summary>
    public abstract int PanelWidth { get; }

    /// <summary>
    /// C = A·Bᵀ + bias (+ C) for <paramref name="rows"/> rows of A and the panels [first, end) of B.
    /// </summary>
    /// <param name="scratch">Room for one panel as floats; used when many rows share a half-precision panel.</param>
    public abstract void Multiply(
        int rows, float* a, nint lda, PackedMatrix b, int firstPanel, int endPanel, float* c, nint ldc, bool add, float* scratch);

    /// <summary>
    /// scores[r, key] = Σ_d query[r, d]·keys[d, key] for the first <paramref name="panels"/> panels of one head's keys, as stored: without
    /// their scales and rests. Whole panels are written.
    /// </summary>
    public abstract void Scores(int rows, float* query, nint ldq, KeyValueCache cache, int head, int panels, float* scores, nint lds);

    /// <summary>
    /// output[r, d] = factors[r]·Σ_key weights[r, key]·values[key, d] over the first <paramref name="count"/> keys of one head, with
    /// weights and factors from
    /// <see cref="Exponentials"/>. Up to three rows give the same results as each alone.
    /// </summary>
    /// <param name="rests">[rows, headSize]: from <see cref="Exponentials"/>, added to the sums.</param>
    public abstract void WeightedSum(int rows, int count, float* weights, nint ldw, float* factors, float* rests, KeyValueCache cache,
        int head, float* output, nint ldo);

    /// <summary>
    /// Scores of <see cref="Scores"/> to weights before their multiplication by 1/their sum, which is returned: exp((x - max x)/√headSize),
    /// times the scales of the values, which are not part of the sum.
    /// </summary>
    /// <param name="x">[count], with room for whole panels.</param>
    /// <param name="query">[headSize]: what the scores are of.</param>
    /// <param name="rest">[headSize]: gets the weighted sum of the values' rests, if there are any.</param>
    public abstract float Exponentials(float* x, int count, float* query, KeyValueCache cache, int head, float* rest);

    /// <summary>Makes <see cref="Scores"/> of one row exact: scales and rests of the keys, and 1/√headSize.</summary>
    public abstract void Complete(float* x, int count, float* query, KeyValueCache cache, int head);

    /// <summary>
    /// Copies keys[count, headSize] (<paramref name="ldk"/> floats between rows) to positions first… of one head of the cache, and values
    /// likewise.
    /// </summary>
    public void Append(KeyValueCache cache, int head, int first, int count, float* keys, nint ldk, float* values, nint ldv)
    {
        switch (cache.Format)
        {
            case CacheFormat.Single:
                AppendSingles(cache, head, first, count, keys, ldk, values, ldv);
                break;
            case CacheFormat.Half:
                AppendHalves(cache, head, first, count, keys, ldk, values, ldv);
                break;
            default:
                AppendBytes(cache, head, first, count, keys, ldk, values, ldv);
                break;
        }
    }

    /// <summary>Biased variance, epsilon 1e-5, then weight and bias.</summary>
    public abstract void LayerNorm(float* x, float* weight, float* bias, float* y, int count);

    /// <summary>x += y.</summary>
    public abstract void Add(float* x, float* y, int count);

    /// <summary>0.5·x·(1 + erf(x/√2)) in place.</summary>
    public abstract void Gelu(float* x, int count);

    /// <summary>max(x, 0) in place.</summary>
    public abstract void Relu(float* x, int count);

    /// <summary>ln Σ exp(x), for log-probabilities: x may hold -∞.</summary>
    public abstract float LogSumExp(float* x, int count);

    /// <summary>The largest of x; -∞ if there is none.</summary>
    public abstract float Max(float* x, int count);

    /// <summary>Σ x, as fast as memory gives it; <paramref name="count"/> is a multiple of 128.</summary>
    public abstract float Sum(float* x, int count);

    /// <summary>Multiply-adds on registers alone: returns the floating-point operations done.</summary>
    public abstract double RunPeak(int iterations);

    /// <summary>
    /// x as bytes and the scale, which is returned, that they are to be multiplied by: the largest of them becomes 127 or -127.
    /// </summary>
    protected abstract float Quantise(float* x, sbyte* bytes, int count);

    /// <summary>What <see cref="Quantise"/> rounded off a key and a value: see <see cref="KeyValueCache.Rests"/>.</summary>
    protected abstract void Rests(
        float* key, sbyte* keyBytes, float keyScale, float* value, sbyte* valueBytes, float valueScale, sbyte* rests, int count);

    private static void AppendSingles(KeyValueCache cache, int head, int first, int count, float* keys, nint ldk, float* values, nint ldv)
    {
        for (var i = 0; i < count; i++)
        {
            Scatter(keys + (i * ldk), (float*)cache.Keys(head), first + i, cache);
            NativeMemory.Copy(values + (i * ldv), (float*)cache.Values(head) + (
                (nint)(first + i) * cache.HeadSize), (nuint)cache.HeadSize * sizeof(float));
        }
    }

    private static void AppendHalves(KeyValueCache cache, int head, int first, int count, float* keys, nint ldk, float* values, nint ldv)
    {
        var key = stackalloc Half[cache.HeadSize];
        for (var i = 0; i < count; i++)
        {
            ToHalf(keys + (i * ldk), key, cache.HeadSize);
            Scatter(key, (Half*)cache.Keys(head), first + i, cache);
            ToHalf(values + (i * ldv), (Half*)cache.Values(head) + ((nint)(first + i) * cache.HeadSize), cache.HeadSize);
        }
    }

    private void AppendBytes(KeyValueCache cache, int head, int first, int count, float* keys, nint ldk, float* values, nint ldv)
    {
        var key = stackalloc sbyte[cache.HeadSize];
        for (var i = 0; i < count; i++)
        {
            var row = (nint)(first + i) * cache.HeadSize;
            var value = (sbyte*)cache.Values(head) + row;
            var keyScale = cache.KeyScales(head)[first + i] = Quantise(keys + (i * ldk), key, cache.HeadSize);
            var valueScale = cache.ValueScales(head)[first + i] = Quantise(values + (i * ldv), value, cache.HeadSize);
            Scatter(key, (sbyte*)cache.Keys(head), first + i, cache);
            Rests(keys + (i * ldk), key, keyScale, values + (i * ldv), value, valueScale, cache.Rests(head) + row, cache.HeadSize);
        }
    }

    private static void Scatter<T>(T* key, T* panels, int position, KeyValueCache cache)
        where T : unmanaged
    {
        var width = cache.PanelWidth;
        var column = panels + ((nint)(position / width) * width * cache.HeadSize) + (position % width);
        for (var d = 0; d < cache.HeadSize; d++)
            column[d * width] = key[d];
    }

    private static void ToHalf(float* source, Half* destination, int count) =>
        TensorPrimitives.ConvertToHalf(new ReadOnlySpan<float>(source, count), new Span<Half>(destination, count));
}
