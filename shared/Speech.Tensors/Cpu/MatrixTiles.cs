using System.Runtime.CompilerServices;

namespace Speech.Tensors.Cpu;

/// <summary>
/// The matrix product's innermost loops: C[r, panel] = bias + Σ_k A[r, k]·B[k, panel] for a tile of r rows by one panel two vectors wide,
/// the whole tile held in registers. Each step of k loads two vectors of B and broadcasts one element of A per row.
/// </summary>
/// <remarks>
/// B may be stored in blocks of k with scales in front (<see cref="IPanelElement{V}"/>), hence the two loops.
/// Every element of C is one chain of multiply-adds in the order of k, whatever the tile's height: so a row's result does not depend on
/// which rows it is computed with. The tile heights are written out because the JIT keeps only named locals in registers.
/// </remarks>
internal static unsafe class MatrixTiles<L, V>
    where L : struct, ILanes<V>
    where V : unmanaged
{
    // How far ahead of its use a panel is asked for, in bytes. The processor's own prefetchers stop at the end of each page; asked for in
    // time, weights come from memory while earlier ones are multiplied.
    private const int Ahead = 8192;

    /// <summary>The rows, of <paramref name="rows"/>, that tiles of four and more cover; 0 to 3 fewer.</summary>
    public static int TiledRows(int rows)
    {
        var rest = rows % L.TileRows;
        if (L.TileRows == 12 && rest >= 8)
            rest -= 8;
        return rows - (rest >= 4 ? rest - 4 : rest);
    }

    /// <summary>Stores one row of a panel, or adds it to what is there.</summary>
    public static void Put(float* row, float* c, bool add) => Put(L.Load(row), L.Load(row + L.Count), c, add);

    /// <summary>
    /// All rows by one panel. A is [rows, k] with <paramref name="lda"/> elements between rows; B is [k, 2 vectors] with
    /// <paramref name="ldb"/> bytes between rows; C has <paramref name="ldc"/> elements between rows. With <paramref name="add"/> the
    /// result is added to C. <paramref name="bias"/> may be null.
    /// </summary>
    public static void Multiply<E>(int rows, int k, float* a, nint lda, byte* b, nint ldb, float* bias, float* c, nint ldc, bool add)
        where E : struct, IPanelElement<V>
    {
        while (rows > 0)
        {
            int done;
            if (rows >= 12 && L.TileRows == 12)
            {
                Tile12x2<E>(k, a, lda, b, ldb, bias, c, ldc, add);
                done = 12;
            }
            else if (rows >= 8 && L.TileRows == 12)
            {
                Tile8x2<E>(k, a, lda, b, ldb, bias, c, ldc, add);
                done = 8;
            }
            else if (rows >= 6 && L.TileRows == 6)
            {
                Tile6x2<E>(k, a, lda, b, ldb, bias, c, ldc, add);
                done = 6;
            }
            else if (rows >= 4)
            {
                Tile4x2<E>(k, a, lda, b, ldb, bias, c, ldc, add);
                done = 4;
            }
            else
            {
                Tile1x2<E>(k, a, b, ldb, bias, c, add);
                done = 1;
            }

            rows -= done;
            a += done * lda;
            c += done * ldc;
        }
    }

    /// <summary>
    /// One row by four neighbouring panels: as many independent chains as the processor needs to keep its multiply-add units busy.
    /// </summary>
    /// <param name="ahead">Bytes from a panel to what will be read some time after it.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Tile1x8<E>(int k, float* a, byte* b, nint ldb, nint panelBytes, nint ahead, float* bias, float* c, bool add)
        where E : struct, IPanelElement<V>
    {
        V s0 = Bias(bias, 0), t0 = Bias(bias, L.Count), s1 = Bias(bias, 2 * L.Count), t1 = Bias(bias, 3 * L.Count);
        V s2 = Bias(bias, 4 * L.Count), t2 = Bias(bias, 5 * L.Count), s3 = Bias(bias, 6 * L.Count), t3 = Bias(bias, 7 * L.Count);
        byte* b1 = b + panelBytes, b2 = b1 + panelBytes, b3 = b2 + panelBytes;
        var second = L.Count * E.Bytes;
        while (k > 0)
        {
            V v0 = E.Scale(b, 0), w0 = E.Scale(b, 1), v1 = E.Scale(b1, 0), w1 = E.Scale(b1, 1);
            V v2 = E.Scale(b2, 0), w2 = E.Scale(b2, 1), v3 = E.Scale(b3, 0), w3 = E.Scale(b3, 1);
            b += E.ScaleBytes;
            b1 += E.ScaleBytes;
            b2 += E.ScaleBytes;
            b3 += E.ScaleBytes;
            var steps = Math.Min(k, E.BlockLength);
            k -= steps;
            for (; steps > 0; steps--)
            {
                L.Prefetch(b + ahead);
                L.Prefetch(b1 + ahead);
                L.Prefetch(b2 + ahead);
                L.Prefetch(b3 + ahead);
                var x = L.Broadcast(*a++);
                s0 = L.MultiplyAdd(x, E.Load(b, v0), s0);
                t0 = L.MultiplyAdd(x, E.Load(b + second, w0), t0);
                s1 = L.MultiplyAdd(x, E.Load(b1, v1), s1);
                t1 = L.MultiplyAdd(x, E.Load(b1 + second, w1), t1);
                s2 = L.MultiplyAdd(x, E.Load(b2, v2), s2);
                t2 = L.MultiplyAdd(x, E.Load(b2 + second, w2), t2);
                s3 = L.MultiplyAdd(x, E.Load(b3, v3), s3);
                t3 = L.MultiplyAdd(x, E.Load(b3 + second, w3), t3);
                b += ldb;
                b1 += ldb;
                b2 += ldb;
                b3 += ldb;
            }
        }

        Put(s0, t0, c, add);
        Put(s1, t1, c + (2 * L.Count), add);
        Put(s2, t2, c + (4 * L.Count), add);
        Put(s3, t3, c + (6 * L.Count), add);
    }

    /// <summary>One row by two neighbouring panels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Tile1x4<E>(int k, float* a, byte* b, nint ldb, nint panelBytes, float* bias, float* c, bool add)
        where E : struct, IPanelElement<V>
    {
        V s0 = Bias(bias, 0), t0 = Bias(bias, L.Count), s1 = Bias(bias, 2 * L.Count), t1 = Bias(bias, 3 * L.Count);
        var b1 = b + panelBytes;
        var second = L.Count * E.Bytes;
        while (k > 0)
        {
            V v0 = E.Scale(b, 0), w0 = E.Scale(b, 1), v1 = E.Scale(b1, 0), w1 = E.Scale(b1, 1);
            b += E.ScaleBytes;
            b1 += E.ScaleBytes;
            var steps = Math.Min(k, E.BlockLength);
            k -= steps;
            for (; steps > 0; steps--)
            {
                L.Prefetch(b + Ahead);
                L.Prefetch(b1 + Ahead);
                var x = L.Broadcast(*a++);
                s0 = L.MultiplyAdd(x, E.Load(b, v0), s0);
                t0 = L.MultiplyAdd(x, E.Load(b + second, w0), t0);
                s1 = L.MultiplyAdd(x, E.Load(b1, v1), s1);
                t1 = L.MultiplyAdd(x, E.Load(b1 + second, w1), t1);
                b += ldb;
                b1 += ldb;
            }
        }

        Put(s0, t0, c, add);
        Put(s1, t1, c + (2 * L.Count), add);
    }

    /// <summary>
    /// One row by four vectors, even and odd steps of k in sums of their own: the long thin product of attention weights and values.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Sum1x4<E>(int k, float* a, byte* b, nint ldb, float* c)
        where E : struct, IPanelElement<V>
    {
        V s0 = default, s1 = default, s2 = default, s3 = default, t0 = default, t1 = default, t2 = default, t3 = default;
        var vector = L.Count * E.Bytes;
        for (; k > 1; k -= 2)
        {
            L.Prefetch(b + Ahead);
            L.Prefetch(b + ldb + Ahead);
            var x = L.Broadcast(a[0]);
            s0 = L.MultiplyAdd(x, E.Load(b, default), s0);
            s1 = L.MultiplyAdd(x, E.Load(b + vector, default), s1);
            s2 = L.MultiplyAdd(x, E.Load(b + (2 * vector), default), s2);
            s3 = L.MultiplyAdd(x, E.Load(b + (3 * vector), default), s3);
            var y = L.Broadcast(a[1]);
            var odd = b + ldb;
            t0 = L.MultiplyAdd(y, E.Load(odd, default), t0);
            t1 = L.MultiplyAdd(y, E.Load(odd + vector, default), t1);
            t2 = L.MultiplyAdd(y, E.Load(odd + (2 * vector), default), t2);
            t3 = L.MultiplyAdd(y, E.Load(odd + (3 * vector), default), t3);
            a += 2;
            b = odd + ldb;
        }

        if (k == 1)
        {
            var x = L.Broadcast(a[0]);
            s0 = L.MultiplyAdd(x, E.Load(b, default), s0);
            s1 = L.MultiplyAdd(x, E.Load(b + vector, default), s1);
            s2 = L.MultiplyAdd(x, E.Load(b + (2 * vector), default), s2);
            s3 = L.MultiplyAdd(x, E.Load(b + (3 * vector), default), s3);
        }

        Put(L.Add(s0, t0), L.Add(s1, t1), c, add: false);
        Put(L.Add(s2, t2), L.Add(s3, t3), c + (2 * L.Count), add: false);
    }

    /// <summary>Two rows as <see cref="Sum1x4"/>, to the same results, reading the values once for both.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Sum2x4<E>(int k, float* a, nint lda, byte* b, nint ldb, float* c, nint ldc)
        where E : struct, IPanelElement<V>
    {
        V s0 = default, s1 = default, s2 = default, s3 = default, t0 = default, t1 = default, t2 = default, t3 = default;
        V u0 = default, u1 = default, u2 = default, u3 = default, w0 = default, w1 = default, w2 = default, w3 = default;
        var vector = L.Count * E.Bytes;
        for (; k > 1; k -= 2)
        {
            V x = L.Broadcast(a[0]), y = L.Broadcast(a[lda]);
            V v0 = E.Load(b, default), v1 = E.Load(b + vector, default), v2 = E.Load(b + (2 * vector), default), v3 = E.Load(
                b + (3 * vector), default);
            L.Prefetch(b + Ahead);
            s0 = L.MultiplyAdd(x, v0, s0);
            u0 = L.MultiplyAdd(y, v0, u0);
            s1 = L.MultiplyAdd(x, v1, s1);
            u1 = L.MultiplyAdd(y, v1, u1);
            s2 = L.MultiplyAdd(x, v2, s2);
            u2 = L.MultiplyAdd(y, v2, u2);
            s3 = L.MultiplyAdd(x, v3, s3);
            u3 = L.MultiplyAdd(y, v3, u3);
            b += ldb;
            x = L.Broadcast(a[1]);
            y = L.Broadcast(a[lda + 1]);
            v0 = E.Load(b, default);
            v1 = E.Load(b + vector, default);
            v2 = E.Load(b + (2 * vector), default);
            v3 = E.Load(b + (3 * vector), default);
            L.Prefetch(b + Ahead);
            t0 = L.MultiplyAdd(x, v0, t0);
            w0 = L.MultiplyAdd(y, v0, w0);
            t1 = L.MultiplyAdd(x, v1, t1);
            w1 = L.MultiplyAdd(y, v1, w1);
            t2 = L.MultiplyAdd(x, v2, t2);
            w2 = L.MultiplyAdd(y, v2, w2);
            t3 = L.MultiplyAdd(x, v3, t3);
            w3 = L.MultiplyAdd(y, v3, w3);
            a += 2;
            b += ldb;
        }

        if (k == 1)
        {
            V x = L.Broadcast(a[0]), y = L.Broadcast(a[lda]);
            V v0 = E.Load(b, default), v1 = E.Load(b + vector, default), v2 = E.Load(b + (2 * vector), default), v3 = E.Load(
                b + (3 * vector), default);
            s0 = L.MultiplyAdd(x, v0, s0);
            u0 = L.MultiplyAdd(y, v0, u0);
            s1 = L.MultiplyAdd(x, v1, s1);
            u1 = L.MultiplyAdd(y, v1, u1);
            s2 = L.MultiplyAdd(x, v2, s2);
            u2 = L.MultiplyAdd(y, v2, u2);
            s3 = L.MultiplyAdd(x, v3, s3);
            u3 = L.MultiplyAdd(y, v3, u3);
        }

        Put(L.Add(s0, t0), L.Add(s1, t1), c, add: false);
        Put(L.Add(s2, t2), L.Add(s3, t3), c + (2 * L.Count), add: false);
        Put(L.Add(u0, w0), L.Add(u1, w1), c + ldc, add: false);
        Put(L.Add(u2, w2), L.Add(u3, w3), c + ldc + (2 * L.Count), add: false);
    }

    /// <summary>One row by one panel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Tile1x2<E>(int k, float* a, byte* b, nint ldb, float* bias, float* c, bool add)
        where E : struct, IPanelElement<V>
    {
        V s = Bias(bias, 0), t = Bias(bias, L.Count);
        while (k > 0)
        {
            V v = E.Scale(b, 0), w = E.Scale(b, 1);
            b += E.ScaleBytes;
            var steps = Math.Min(k, E.BlockLength);
            k -= steps;
            for (; steps > 0; steps--)
            {
                var x = L.Broadcast(*a++);
                s = L.MultiplyAdd(x, E.Load(b, v), s);
                t = L.MultiplyAdd(x, E.Load(b + (L.Count * E.Bytes), w), t);
                b += ldb;
            }
        }

        Put(s, t, c, add);
    }

    /// <summary>24 accumulators of 32 registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile12x2<E>(int k, float* a, nint lda, byte* b, nint ldb, float* bias, float* c, nint ldc, bool add)
        where E : struct, IPanelElement<V>
    {
        V s = Bias(bias, 0), t = Bias(bias, L.Count);
        V s0 = s, t0 = t;
        V s1 = s, t1 = t;
        V s2 = s, t2 = t;
        V s3 = s, t3 = t;
        V s4 = s, t4 = t;
        V s5 = s, t5 = t;
        V s6 = s, t6 = t;
        V s7 = s, t7 = t;
        V s8 = s, t8 = t;
        V s9 = s, t9 = t;
        V s10 = s, t10 = t;
        V s11 = s, t11 = t;
        var lda2 = 2 * lda;
        var a3 = a + (3 * lda);
        var a6 = a + (6 * lda);
        var a9 = a + (9 * lda);
        while (k > 0)
        {
            V v = E.Scale(b, 0), w = E.Scale(b, 1);
            b += E.ScaleBytes;
            var steps = Math.Min(k, E.BlockLength);
            k -= steps;
            for (; steps > 0; steps--)
            {
                L.Prefetch(b + Ahead);
                V b0 = E.Load(b, v), b1 = E.Load(b + (L.Count * E.Bytes), w);
                var x = L.Broadcast(*a);
                s0 = L.MultiplyAdd(x, b0, s0);
                t0 = L.MultiplyAdd(x, b1, t0);
                x = L.Broadcast(*(a + lda));
                s1 = L.MultiplyAdd(x, b0, s1);
                t1 = L.MultiplyAdd(x, b1, t1);
                x = L.Broadcast(*(a + lda2));
                s2 = L.MultiplyAdd(x, b0, s2);
                t2 = L.MultiplyAdd(x, b1, t2);
                x = L.Broadcast(*a3);
                s3 = L.MultiplyAdd(x, b0, s3);
                t3 = L.MultiplyAdd(x, b1, t3);
                x = L.Broadcast(*(a3 + lda));
                s4 = L.MultiplyAdd(x, b0, s4);
                t4 = L.MultiplyAdd(x, b1, t4);
                x = L.Broadcast(*(a3 + lda2));
                s5 = L.MultiplyAdd(x, b0, s5);
                t5 = L.MultiplyAdd(x, b1, t5);
                x = L.Broadcast(*a6);
                s6 = L.MultiplyAdd(x, b0, s6);
                t6 = L.MultiplyAdd(x, b1, t6);
                x = L.Broadcast(*(a6 + lda));
                s7 = L.MultiplyAdd(x, b0, s7);
                t7 = L.MultiplyAdd(x, b1, t7);
                x = L.Broadcast(*(a6 + lda2));
                s8 = L.MultiplyAdd(x, b0, s8);
                t8 = L.MultiplyAdd(x, b1, t8);
                x = L.Broadcast(*a9);
                s9 = L.MultiplyAdd(x, b0, s9);
                t9 = L.MultiplyAdd(x, b1, t9);
                x = L.Broadcast(*(a9 + lda));
                s10 = L.MultiplyAdd(x, b0, s10);
                t10 = L.MultiplyAdd(x, b1, t10);
                x = L.Broadcast(*(a9 + lda2));
                s11 = L.MultiplyAdd(x, b0, s11);
                t11 = L.MultiplyAdd(x, b1, t11);
                a++;
                a3++;
                a6++;
                a9++;
                b += ldb;
            }
        }

        Put(s0, t0, c, add);
        Put(s1, t1, c + ldc, add);
        Put(s2, t2, c + (2 * ldc), add);
        Put(s3, t3, c + (3 * ldc), add);
        Put(s4, t4, c + (4 * ldc), add);
        Put(s5, t5, c + (5 * ldc), add);
        Put(s6, t6, c + (6 * ldc), add);
        Put(s7, t7, c + (7 * ldc), add);
        Put(s8, t8, c + (8 * ldc), add);
        Put(s9, t9, c + (9 * ldc), add);
        Put(s10, t10, c + (10 * ldc), add);
        Put(s11, t11, c + (11 * ldc), add);
    }

    /// <summary>16 accumulators of 32 registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile8x2<E>(int k, float* a, nint lda, byte* b, nint ldb, float* bias, float* c, nint ldc, bool add)
        where E : struct, IPanelElement<V>
    {
        V s = Bias(bias, 0), t = Bias(bias, L.Count);
        V s0 = s, t0 = t;
        V s1 = s, t1 = t;
        V s2 = s, t2 = t;
        V s3 = s, t3 = t;
        V s4 = s, t4 = t;
        V s5 = s, t5 = t;
        V s6 = s, t6 = t;
        V s7 = s, t7 = t;
        var lda2 = 2 * lda;
        var a3 = a + (3 * lda);
        var a6 = a + (6 * lda);
        while (k > 0)
        {
            V v = E.Scale(b, 0), w = E.Scale(b, 1);
            b += E.ScaleBytes;
            var steps = Math.Min(k, E.BlockLength);
            k -= steps;
            for (; steps > 0; steps--)
            {
                L.Prefetch(b + Ahead);
                V b0 = E.Load(b, v), b1 = E.Load(b + (L.Count * E.Bytes), w);
                var x = L.Broadcast(*a);
                s0 = L.MultiplyAdd(x, b0, s0);
                t0 = L.MultiplyAdd(x, b1, t0);
                x = L.Broadcast(*(a + lda));
                s1 = L.MultiplyAdd(x, b0, s1);
                t1 = L.MultiplyAdd(x, b1, t1);
                x = L.Broadcast(*(a + lda2));
                s2 = L.MultiplyAdd(x, b0, s2);
                t2 = L.MultiplyAdd(x, b1, t2);
                x = L.Broadcast(*a3);
                s3 = L.MultiplyAdd(x, b0, s3);
                t3 = L.MultiplyAdd(x, b1, t3);
                x = L.Broadcast(*(a3 + lda));
                s4 = L.MultiplyAdd(x, b0, s4);
                t4 = L.MultiplyAdd(x, b1, t4);
                x = L.Broadcast(*(a3 + lda2));
                s5 = L.MultiplyAdd(x, b0, s5);
                t5 = L.MultiplyAdd(x, b1, t5);
                x = L.Broadcast(*a6);
                s6 = L.MultiplyAdd(x, b0, s6);
                t6 = L.MultiplyAdd(x, b1, t6);
                x = L.Broadcast(*(a6 + lda));
                s7 = L.MultiplyAdd(x, b0, s7);
                t7 = L.MultiplyAdd(x, b1, t7);
                a++;
                a3++;
                a6++;
                b += ldb;
            }
        }

        Put(s0, t0, c, add);
        Put(s1, t1, c + ldc, add);
        Put(s2, t2, c + (2 * ldc), add);
        Put(s3, t3, c + (3 * ldc), add);
        Put(s4, t4, c + (4 * ldc), add);
        Put(s5, t5, c + (5 * ldc), add);
        Put(s6, t6, c + (6 * ldc), add);
        Put(s7, t7, c + (7 * ldc), add);
    }

    /// <summary>12 accumulators of 16 registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile6x2<E>(int k, float* a, nint lda, byte* b, nint ldb, float* bias, float* c, nint ldc, bool add)
        where E : struct, IPanelElement<V>
    {
        V s = Bias(bias, 0), t = Bias(bias, L.Count);
        V s0 = s, t0 = t;
        V s1 = s, t1 = t;
        V s2 = s, t2 = t;
        V s3 = s, t3 = t;
        V s4 = s, t4 = t;
        V s5 = s, t5 = t;
        var lda2 = 2 * lda;
        var a3 = a + (3 * lda);
        while (k > 0)
        {
            V v = E.Scale(b, 0), w = E.Scale(b, 1);
            b += E.ScaleBytes;
            var steps = Math.Min(k, E.BlockLength);
            k -= steps;
            for (; steps > 0; steps--)
            {
                V b0 = E.Load(b, v), b1 = E.Load(b + (L.Count * E.Bytes), w);
                var x = L.Broadcast(*a);
                s0 = L.MultiplyAdd(x, b0, s0);
                t0 = L.MultiplyAdd(x, b1, t0);
                x = L.Broadcast(*(a + lda));
                s1 = L.MultiplyAdd(x, b0, s1);
                t1 = L.MultiplyAdd(x, b1, t1);
                x = L.Broadcast(*(a + lda2));
                s2 = L.MultiplyAdd(x, b0, s2);
                t2 = L.MultiplyAdd(x, b1, t2);
                x = L.Broadcast(*a3);
                s3 = L.MultiplyAdd(x, b0, s3);
                t3 = L.MultiplyAdd(x, b1, t3);
                x = L.Broadcast(*(a3 + lda));
                s4 = L.MultiplyAdd(x, b0, s4);
                t4 = L.MultiplyAdd(x, b1, t4);
                x = L.Broadcast(*(a3 + lda2));
                s5 = L.MultiplyAdd(x, b0, s5);
                t5 = L.MultiplyAdd(x, b1, t5);
                a++;
                a3++;
                b += ldb;
            }
        }

        Put(s0, t0, c, add);
        Put(s1, t1, c + ldc, add);
        Put(s2, t2, c + (2 * ldc), add);
        Put(s3, t3, c + (3 * ldc), add);
        Put(s4, t4, c + (4 * ldc), add);
        Put(s5, t5, c + (5 * ldc), add);
    }

    /// <summary>8 accumulators: the tail of a row block, and small batches.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile4x2<E>(int k, float* a, nint lda, byte* b, nint ldb, float* bias, float* c, nint ldc, bool add)
        where E : struct, IPanelElement<V>
    {
        V s = Bias(bias, 0), t = Bias(bias, L.Count);
        V s0 = s, t0 = t;
        V s1 = s, t1 = t;
        V s2 = s, t2 = t;
        V s3 = s, t3 = t;
        var lda2 = 2 * lda;
        var a3 = a + (3 * lda);
        while (k > 0)
        {
            V v = E.Scale(b, 0), w = E.Scale(b, 1);
            b += E.ScaleBytes;
            var steps = Math.Min(k, E.BlockLength);
            k -= steps;
            for (; steps > 0; steps--)
            {
                L.Prefetch(b + Ahead);
                V b0 = E.Load(b, v), b1 = E.Load(b + (L.Count * E.Bytes), w);
                var x = L.Broadcast(*a);
                s0 = L.MultiplyAdd(x, b0, s0);
                t0 = L.MultiplyAdd(x, b1, t0);
                x = L.Broadcast(*(a + lda));
                s1 = L.MultiplyAdd(x, b0, s1);
                t1 = L.MultiplyAdd(x, b1, t1);
                x = L.Broadcast(*(a + lda2));
                s2 = L.MultiplyAdd(x, b0, s2);
                t2 = L.MultiplyAdd(x, b1, t2);
                x = L.Broadcast(*a3);
                s3 = L.MultiplyAdd(x, b0, s3);
                t3 = L.MultiplyAdd(x, b1, t3);
                a++;
                a3++;
                b += ldb;
            }
        }

        Put(s0, t0, c, add);
        Put(s1, t1, c + ldc, add);
        Put(s2, t2, c + (2 * ldc), add);
        Put(s3, t3, c + (3 * ldc), add);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Bias(float* bias, int offset) => bias is null ? default : L.Load(bias + offset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(V s, V t, float* c, bool add)
    {
        if (add)
        {
            s = L.Add(s, L.Load(c));
            t = L.Add(t, L.Load(c + L.Count));
        }

        L.Store(s, c);
        L.Store(t, c + L.Count);
    }
}
