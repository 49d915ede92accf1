namespace Speech.Tensors.Cpu;

/// <summary>The kernels at one vector width. Each call is one thread's piece of work; <see cref="CpuDevice"/> cuts the pieces.</summary>
internal abstract unsafe class CpuKernels
{
    public static CpuKernels Create(SimdLevel level) => level switch
    {
        SimdLevel.Avx512 => new CpuKernels<Lanes512, System.Runtime.Intrinsics.Vector512<float>>(),
        SimdLevel.Avx2 => new CpuKernels<Lanes256, System.Runtime.Intrinsics.Vector256<float>>(),
        _ => new CpuKernels<Lanes128, System.Runtime.Intrinsics.Vector128<float>>(),
    };

    /// <summary>Outputs in a packed panel: two vectors.</summary>
    public abstract int PanelWidth { get; }

    /// <summary>
    /// C = A·Bᵀ + bias (+ C) for <paramref name="rows"/> rows of A and the panels [first, end) of B.
    /// </summary>
    /// <param name="scratch">Room for one panel as floats; used when many rows share a half-precision panel.</param>
    public abstract void Multiply(int rows, float* a, nint lda, PackedMatrix b, int firstPanel, int endPanel, float* c, nint ldc, bool add, float* scratch);

    /// <summary>
    /// scores[r, key] = Σ_d query[r, d]·keys[d, key]: keys in panels of [headSize, PanelWidth], <paramref name="panels"/> of them; whole panels are written.
    /// </summary>
    public abstract void Scores(int rows, int headSize, float* query, nint ldq, float* keyPanels, int panels, float* scores, nint lds);

    /// <summary>output[r, d] = Σ_key weights[r, key]·values[key, d] for d &lt; headSize.</summary>
    public abstract void WeightedSum(int rows, int keys, float* weights, nint ldw, float* values, nint ldv, int headSize, float* output, nint ldo);

    /// <summary>Copies keys[count, headSize] (<paramref name="ldk"/> between rows) to positions first… of the panels that <see cref="Scores"/> reads.</summary>
    public void PackKeys(float* keys, nint ldk, int first, int count, int headSize, float* panels)
    {
        var width = PanelWidth;
        for (var key = 0; key < count; key++)
        {
            var position = first + key;
            var column = panels + ((nint)(position / width) * width * headSize) + (position % width);
            var row = keys + (key * ldk);
            for (var d = 0; d < headSize; d++)
                column[d * width] = row[d];
        }
    }

    /// <summary>x = softmax(scale·x).</summary>
    public abstract void Softmax(float* x, int count, float scale);

    /// <summary>Biased variance, epsilon 1e-5, then weight and bias.</summary>
    public abstract void LayerNorm(float* x, float* weight, float* bias, float* y, int count);

    /// <summary>x += y.</summary>
    public abstract void Add(float* x, float* y, int count);

    /// <summary>0.5·x·(1 + erf(x/√2)) in place.</summary>
    public abstract void Gelu(float* x, int count);

    /// <summary>max x and ln Σ exp(x), for log-probabilities: x may hold -∞.</summary>
    public abstract (float Max, float LogSumExp) LogSumExp(float* x, int count);

    /// <summary>Multiply-adds on registers alone: returns the floating-point operations done.</summary>
    public abstract double RunPeak(int iterations);
}
