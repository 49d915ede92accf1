using System.Numerics.Tensors;
using System.Runtime.Intrinsics.X86;

namespace Speech.Tensors.Cpu;

/// <summary>
/// The processor as a tensor device: the operations that models are written in, each cut into pieces for a team of threads and done by the
/// widest kernels that the processor has. Calls are synchronous; a device serves one model loop (calls from several threads wait for each
/// other).
/// </summary>
public sealed unsafe class CpuDevice : IDisposable
{
    // Rows of a product done together: enough to use a weight panel from cache many times, few enough for their activations to stay in it
    // too.
    private const int RowBlock = 96;
    private const int QueryBlock = 48;
    private readonly ThreadTeam _team;

    // Rows of the same positions whose scores are computed together: enough for beams, few enough to leave work for all threads.
    private const int GroupRows = 8;
    private readonly Tensor[] _scratch;
    private int[] _groups = [];

    /// <param name="threads">0: one per processor core.</param>
    /// <param name="level">null: the widest that the processor has.</param>
    /// <exception cref="PlatformNotSupportedException">The processor lacks <paramref name="level"/>.</exception>
    public CpuDevice(int threads = 0, SimdLevel? level = null)
    {
        Level = level ?? Best;
        if (Level > Best)
            throw new PlatformNotSupportedException($"This processor has no {Level}; its widest is {Best}.");
        Kernels = CpuKernels.Create(Level);
        _team = new ThreadTeam(threads == 0 ? Environment.ProcessorCount : threads);
        _scratch = new Tensor[_team.Threads];
        for (var i = 0; i < _scratch.Length; i++)
            _scratch[i] = new Tensor(1, 1);
    }

    /// <summary>The widest vectors of this processor.</summary>
    public static SimdLevel Best =>
        Avx512F.IsSupported && Avx512BW.IsSupported ? SimdLevel.Avx512
        : Avx2.IsSupported && Fma.IsSupported ? SimdLevel.Avx2
        : SimdLevel.Portable128;

    public SimdLevel Level { get; }

    public int Threads => _team.Threads;

    internal CpuKernels Kernels { get; }

    /// <summary>Packs weights [outputs, inputs] with an optional bias [outputs].</summary>
    public PackedMatrix Pack(ReadOnlySpan<float> weights, int outputs, int inputs, ReadOnlySpan<float> bias = default) =>
        PackedMatrix.Pack(weights, outputs, inputs, bias, Kernels.PanelWidth);

    /// <inheritdoc cref="Pack(ReadOnlySpan{float}, int, int, ReadOnlySpan{float})"/>
    /// <remarks>The weights stay halves in memory; products are computed in floats.</remarks>
    public PackedMatrix Pack(ReadOnlySpan<Half> weights, int outputs, int inputs, ReadOnlySpan<float> bias = default) =>
        PackedMatrix.Pack(weights, outputs, inputs, bias, Kernels.PanelWidth);

    /// <inheritdoc cref="Pack(ReadOnlySpan{float}, int, int, ReadOnlySpan{float})"/>
    /// <remarks>[outputs, inputs/32] blocks; inputs must be a multiple of 32.</remarks>
    public PackedMatrix Pack(ReadOnlySpan<Int8Block> weights, int outputs, int inputs, ReadOnlySpan<float> bias = default) =>
        PackedMatrix.Pack(weights, outputs, inputs, bias, Kernels.PanelWidth);

    /// <inheritdoc cref="Pack(ReadOnlySpan{float}, int, int, ReadOnlySpan{float})"/>
    /// <remarks>
    /// Each output's weights become bytes in -127..127 times one scale, the largest of them / 127, rounded to nearest (ties to even). A
    /// decoder's step then costs a quarter of what floats cost.
    /// </remarks>
    /// <exception cref="ArgumentException">A weight is not finite, or the spans do not fit the shape.</exception>
    public PackedMatrix PackInt8(ReadOnlySpan<float> weights, int outputs, int inputs, ReadOnlySpan<float> bias = default) =>
        PackedMatrix.PackInt8(weights, outputs, inputs, bias, Kernels.PanelWidth);

    /// <summary>
    /// Packs weights [outputs, inputs] that are asked for a panel of rows at a time, so that a large matrix is never in memory as floats.
    /// </summary>
    /// <param name="rows">Such as a <see cref="Files.WeightTensor.ReadRows"/>.</param>
    /// <param name="format">Single, Half (rounded to nearest) or Int8Rows (as <see cref="PackInt8"/>).</param>
    /// <exception cref="ArgumentException">A weight that the format cannot hold, or a bias that does not fit.</exception>
    public PackedMatrix Pack(RowReader rows, int outputs, int inputs, WeightFormat format, ReadOnlySpan<float> bias = default) =>
        PackedMatrix.Pack(rows, outputs, inputs, format, bias, Kernels.PanelWidth);

    /// <summary>y = activation(x·Wᵀ + b), or y += x·Wᵀ + b with <paramref name="accumulate"/> (a residual connection).</summary>
    /// <param name="x">[rows, inputs]</param>
    /// <param name="weights">[outputs, inputs]</param>
    /// <param name="y">[rows, outputs]; its stride must have room for the outputs rounded up to whole panels.</param>
    public void Linear(TensorView x, PackedMatrix weights, TensorView y, Activation activation = Activation.None, bool accumulate = false)
    {
        CheckLinear(x, weights, y);
        if (x.Rows == 0)
            return;

        var rowBlocks = (x.Rows + RowBlock - 1) / RowBlock;
        var panelChunks = Math.Clamp(8 * _team.Threads / rowBlocks, 1, Math.Max(1, weights.Panels / 2));
        ReserveScratch(weights.Inputs * Kernels.PanelWidth);
        var job = new LinearJob(this, x, weights, y, activation, accumulate, RowBlock, panelChunks);
        _team.Run(ref job, rowBlocks * panelChunks);
    }

    /// <summary>
    /// The products of the same rows with three matrices, as <see cref="Linear"/> gives each, in one go: query, key and value.
    /// </summary>
    /// <param name="x">[rows, inputs]</param>
    public void LinearEach(TensorView x, Projection first, Projection second, Projection third)
    {
        foreach (var projection in (ReadOnlySpan<Projection>)[first, second, third])
            CheckLinear(x, projection.Weights, projection.Result);
        if (x.Rows == 0)
            return;

        var rowBlocks = (x.Rows + RowBlock - 1) / RowBlock;
        var panelChunks = Math.Clamp(8 * _team.Threads / rowBlocks, 1, Math.Max(1, ProjectionJob.Panels(first, second, third) / 2));
        ReserveScratch(x.Columns * Kernels.PanelWidth);
        var job = new ProjectionJob(this, x, first, second, third, RowBlock, panelChunks);
        _team.Run(ref job, rowBlocks * panelChunks);
    }

    /// <summary>y = (x - mean)/√(variance + 1e-5)·weight + bias for each row; y may be x.</summary>
    public void LayerNorm(TensorView x, Tensor weight, Tensor bias, TensorView y)
    {
        if (weight.Columns != x.Columns || bias.Columns != x.Columns || y.Columns != x.Columns || y.Rows != x.Rows)
            throw new ArgumentException(
                $"A layer norm of {weight.Columns} does not fit [{x.Rows}, {x.Columns}] to [{y.Rows}, {y.Columns}].");
        var job = new LayerNormJob(Kernels, x, weight, bias, y);
        _team.Run(ref job, (x.Rows + LayerNormJob.Rows - 1) / LayerNormJob.Rows);
    }

    /// <summary>x += y.</summary>
    public void Add(TensorView x, TensorView y)
    {
        if (x.Rows != y.Rows || x.Columns != y.Columns)
            throw new ArgumentException($"[{y.Rows}, {y.Columns}] cannot be added to [{x.Rows}, {x.Columns}].", nameof(y));
        for (var row = 0; row < x.Rows; row++)
            Kernels.Add(x.RowPointer(row), y.RowPointer(row), x.Columns);
    }

    /// <summary>
    /// Multi-head attention of every row over all <paramref name="keys"/>: softmax(q·kᵀ/√headSize)·v, heads side by side in the columns.
    /// </summary>
    /// <param name="query">[rows, heads·headSize]</param>
    /// <param name="keys">Their keys and values for these heads.</param>
    /// <param name="output">[rows, heads·headSize]</param>
    public void Attend(TensorView query, KeyValueCache keys, TensorView output)
    {
        CheckAttention(query, keys, output);
        ReserveScratch(QueryBlock * keys.PaddedCount);
        var job = new BlockAttentionJob(this, query, keys, output, QueryBlock);
        _team.Run(ref job, (query.Rows + QueryBlock - 1) / QueryBlock * keys.Heads);
    }

    /// <summary>Attention where each row has keys of its own: row r attends to the first counts[r] positions of caches[r].</summary>
    /// <param name="query">[rows, heads·headSize]</param>
    /// <param name="caches">One for each row (the same one for rows of the same sequence, which are faster side by side); longer arrays are
    /// allowed.</param>
    /// <param name="counts">Positions that each row sees, at least 1.</param>
    /// <param name="output">[rows, heads·headSize]</param>
    public void AttendEach(TensorView query, KeyValueCache[] caches, int[] counts, TensorView output)
    {
        if (caches.Length < query.Rows || counts.Length < query.Rows)
            throw new ArgumentException($"{query.Rows} rows need as many caches ({caches.Length}) and counts ({counts.Length}).");
        if (query.Rows == 0)
            return;

        var (groups, longest) = (0, 0);
        ReserveGroups(query.Rows);
        for (var row = 0; row < query.Rows; row++)
        {
            CheckAttention(query, caches[row], output);
            if (counts[row] < 1 || counts[row] > caches[row].Count)
                throw new ArgumentException($"Row {row} attends to {counts[row]} of {caches[row].Count} positions.", nameof(counts));
            longest = Math.Max(longest, caches[row].PaddedCount);
            if (row == 0 || caches[row] != caches[row - 1] || counts[row] != counts[row - 1] || row - _groups[groups - 1] == GroupRows)
                _groups[groups++] = row;
        }

        _groups[groups] = query.Rows;
        ReserveScratch(GroupRows * longest);
        var job = new RowAttentionJob(this, query, caches, counts, output, _groups);
        _team.Run(ref job, groups * caches[0].Heads);
    }

    /// <summary>
    /// Self-attention of a decoder's step: each row's key and value are appended to its cache, and it attends to all positions up to its
    /// own.
    /// </summary>
    /// <param name="query">[rows, heads·headSize]</param>
    /// <param name="keys">As <paramref name="query"/>.</param>
    /// <param name="values">As <paramref name="query"/>.</param>
    /// <param name="caches">One for each row; rows of the same sequence side by side, in their order. Longer arrays are allowed.</param>
    /// <param name="output">As <paramref name="query"/>.</param>
    /// <exception cref="InvalidOperationException">A cache has no room.</exception>
    public void AppendAndAttend(TensorView query, TensorView keys, TensorView values, KeyValueCache[] caches, TensorView output)
    {
        if (keys.Columns != query.Columns || values.Columns != query.Columns || keys.Rows != query.Rows || values.Rows != query.Rows
            || caches.Length < query.Rows)
            throw new ArgumentException($"Keys [{keys.Rows}, {keys.Columns}], values [{values.Rows}, {values.Columns}] and {caches.Length} caches do not fit queries [{query.Rows}, {query.Columns}].");
        if (query.Rows == 0)
            return;

        var (groups, longest) = (0, 0);
        ReserveGroups(query.Rows);
        for (var row = 0; row < query.Rows; row++)
        {
            CheckAttention(query, caches[row], output);
            caches[row].Grow(1);
            longest = Math.Max(longest, caches[row].PaddedCount);
            if (row == 0 || caches[row] != caches[row - 1])
                _groups[groups++] = row;
        }

        _groups[groups] = query.Rows;
        ReserveScratch(longest);
        var job = new SelfAttentionJob(this, query, keys, values, caches, output, _groups);
        _team.Run(ref job, groups * caches[0].Heads);
    }

    /// <summary>
    /// One head's scores before the softmax, q·kᵀ/√headSize, of every row for every key: what alignment by attention looks at.
    /// </summary>
    /// <param name="query">[rows, heads·headSize]</param>
    /// <param name="scores">[rows, keys]; its stride must have room for the keys rounded up to whole panels.</param>
    public void Scores(TensorView query, KeyValueCache keys, int head, TensorView scores)
    {
        if (query.Columns != keys.Heads * keys.HeadSize || scores.Rows != query.Rows || scores.Columns != keys.Count
            || scores.Stride < keys.PaddedCount)
            throw new ArgumentException(
                $"The scores of [{query.Rows}, {query.Columns}] for {keys.Count} keys do not fit [{scores.Rows}, {scores.Columns}].");
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)head, (uint)keys.Heads, nameof(head));
        Kernels.Scores(
            query.Rows, query.Data + (head * keys.HeadSize), query.Stride, keys, head, keys.Panels(keys.Count), scores.Data, scores.Stride);
        for (var row = 0; row < scores.Rows; row++)
            Kernels.Complete(scores.RowPointer(row), keys.Count, query.RowPointer(row) + (head * keys.HeadSize), keys, head);
    }

    /// <summary>Appends a key and a value for each row to a cache.</summary>
    /// <param name="keys">[rows, heads·headSize]</param>
    /// <param name="values">[rows, heads·headSize]</param>
    /// <exception cref="InvalidOperationException">The cache has no room.</exception>
    public void Append(KeyValueCache cache, TensorView keys, TensorView values)
    {
        if (keys.Columns != cache.Heads * cache.HeadSize || values.Columns != keys.Columns || values.Rows != keys.Rows)
            throw new ArgumentException($"Keys [{keys.Rows}, {keys.Columns}] and values [{values.Rows}, {values.Columns}] do not fit {cache.Heads} heads of {cache.HeadSize}.");
        var first = cache.Grow(keys.Rows);
        var job = new AppendJob(Kernels, cache, first, keys, values);
        if (keys.Rows < AppendJob.RowsWorthSplitting)
        {
            for (var head = 0; head < cache.Heads; head++)
                job.Run(head, 0);
            return;
        }

        _team.Run(ref job, cache.Heads);
    }

    /// <summary>The natural logarithm of Σ exp(x) for one row of logits, which may hold -∞.</summary>
    public float LogSumExp(ReadOnlySpan<float> logits)
    {
        fixed (float* x = logits)
            return Kernels.LogSumExp(x, logits.Length);
    }

    /// <summary>Where the largest of one row of logits is, the first of several.</summary>
    public int IndexOfMax(ReadOnlySpan<float> logits)
    {
        fixed (float* x = logits)
            return logits.IndexOf(Kernels.Max(x, logits.Length));
    }

    /// <summary>
    /// Runs <paramref name="piece"/> for each number from 0 to <paramref name="count"/>-1 on the device's threads; none of them may call
    /// operations that do so too.
    /// </summary>
    public void ForEach(int count, Action<int> piece)
    {
        var job = new ActionJob(piece);
        _team.Run(ref job, count);
    }

    public void Dispose()
    {
        _team.Dispose();
        foreach (var scratch in _scratch)
            scratch.Dispose();
    }

    /// <summary>A thread's scratch memory: as many floats as the running operation has reserved.</summary>
    internal float* Scratch(int thread) => _scratch[thread].Data;

    /// <summary>Runs a job that is not one of this class's own (benchmarks).</summary>
    internal void Run<TJob>(ref TJob job, int pieces)
        where TJob : struct, IParallelJob => _team.Run(ref job, pieces);

    private void CheckLinear(TensorView x, PackedMatrix weights, TensorView y)
    {
        if (x.Columns != weights.Inputs || y.Columns < weights.Outputs || y.Rows != x.Rows)
            throw new ArgumentException(
                $"[{x.Rows}, {x.Columns}] x [{weights.Outputs}, {weights.Inputs}]ᵀ does not give [{y.Rows}, {y.Columns}].");
        if (y.Stride < weights.PaddedOutputs)
            throw new ArgumentException($"The result's rows are {y.Stride} floats apart; {weights.PaddedOutputs} are needed.", nameof(y));
        if (weights.PanelWidth != Kernels.PanelWidth)
            throw new ArgumentException(
                $"These weights were packed for panels of {weights.PanelWidth}; this device has {Kernels.PanelWidth}.", nameof(weights));
    }

    private static void CheckAttention(TensorView query, KeyValueCache keys, TensorView output)
    {
        var width = keys.Heads * keys.HeadSize;
        if (query.Columns != width || output.Columns != width || output.Rows != query.Rows)
            throw new ArgumentException(
                $"{keys.Heads} heads of {keys.HeadSize} do not fit [{query.Rows}, {query.Columns}] to [{output.Rows}, {output.Columns}].");
    }

    private void ReserveGroups(int rows)
    {
        if (_groups.Length <= rows)
            _groups = new int[2 * (rows + 1)];
    }

    private void ReserveScratch(int floats)
    {
        for (var i = 0; i < _scratch.Length; i++)
        {
            if (_scratch[i].Columns >= floats)
                continue;
            _scratch[i].Dispose();
            _scratch[i] = new Tensor(1, floats);
        }
    }
}
