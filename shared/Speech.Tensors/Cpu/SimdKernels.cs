using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Speech.Tensors.Cpu;

/// <summary>
/// The kernels, written once for vectors of any width: matrix products here, attention and work on rows of numbers in files of their own.
/// </summary>
internal sealed unsafe partial class SimdKernels<L, V> : CpuKernels
    where L : struct, ILanes<V>
    where V : unmanaged
{
    // From here on the cost of widening a half-precision panel once is small beside the rows that use it.
    private const int RowsWorthWidening = 24;

    // Panels whose sums are kept aside at a time: as many as one row takes at once.
    private const int PanelsAside = 4;

    // What is asked for so far ahead must still be in the second cache when it is read.
    private const int FarthestAhead = 256 * 1024;

    public override int PanelWidth => 2 * L.Count;

    public override void Multiply(
        int rows, float* a, nint lda, PackedMatrix b, int firstPanel, int endPanel, float* c, nint ldc, bool add, float* scratch)
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

    /// <summary>
    /// Sums over the bytes themselves, then scale and bias once for each sum. The sums go where the result goes, unless that is to be added
    /// to.
    /// </summary>
    private void MultiplyThenScale(
        int rows, float* a, nint lda, PackedMatrix b, int firstPanel, int endPanel, float* c, nint ldc, bool add, float* scratch)
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
                Scale(rows, sums + offset, lds, (float*)(b.Data + ((panel + i) * b.PanelBytes)), BiasAt(
                    b, (panel * PanelWidth) + offset), result + offset, ldc, add);
            }
        }
    }

    private void Multiply<E>(int rows, float* a, nint lda, PackedMatrix b, int firstPanel, int endPanel, float* c, nint ldc, bool add)
        where E : struct, IPanelElement<V> =>
        Multiply<E>(rows, b.Inputs, a, lda, b.Data, b.PanelBytes, b.Bias, firstPanel, endPanel, c, ldc, add);

    private void Multiply<E>(int rows, int k, float* a, nint lda, byte* b, nint panelBytes, float* bias, int firstPanel, int endPanel,
        float* c, nint ldc, bool add)
        where E : struct, IPanelElement<V>
    {
        var ldb = (nint)PanelWidth * E.Bytes;
        var tiled = MatrixTiles<L, V>.TiledRows(rows);
        var rest = rows - tiled;
        if (rest > 1)
        {
            // Two or three rows cost less as a tile of four than one by one, as every load of B then serves them all. The missing rows are
            // zeros.
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
                    group > 1 ? tiled : rows, k, a, lda, b + (i * panelBytes), ldb, bias is null ? null : bias + offset, c + offset, ldc,
                    add);
            }

            if (group > 1)
            {
                var offset = panel * PanelWidth;
                var at = b + (panel * panelBytes);
                var biasAt = bias is null ? null : bias + offset;
                if (group == 2)
                    MatrixTiles<L, V>.Tile1x4<E>(k, a + (tiled * lda), at, ldb, panelBytes, biasAt, c + (tiled * ldc) + offset, add);
                else
                    MatrixTiles<L, V>.Tile1x8<E>(
                        k, a + (tiled * lda), at, ldb, panelBytes, Ahead(panelBytes, left), biasAt, c + (tiled * ldc) + offset, add);
            }

            panel += group;
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

    /// <summary>
    /// What to ask memory for while four panels are read: the same place in the next four, if those are to be read and near.
    /// </summary>
    private static nint Ahead(nint panelBytes, int panelsLeft) =>
        panelsLeft >= 8 && panelBytes <= FarthestAhead / 4 ? 4 * panelBytes : Math.Min(panelBytes, 4096);

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
}
