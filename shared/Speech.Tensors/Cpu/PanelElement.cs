using System.Runtime.CompilerServices;

namespace Speech.Tensors.Cpu;

/// <summary>How the elements of a packed panel are stored, and how a vector of them is read as 32-bit floats.</summary>
internal unsafe interface IPanelElement<V>
    where V : unmanaged
{
    static abstract int Bytes { get; }

    /// <summary>Steps of k that share one row of scales, which lies in front of them.</summary>
    static abstract int BlockLength { get; }

    /// <summary>Bytes of a panel's row of scales; 0 where there are none.</summary>
    static abstract int ScaleBytes { get; }

    /// <summary>The scales of the first or second vector of a block that begins at <paramref name="block"/>.</summary>
    static abstract V Scale(byte* block, int vector);

    static abstract V Load(byte* source, V scale);
}

internal readonly unsafe struct SingleElement<L, V> : IPanelElement<V>
    where L : struct, ILanes<V>
    where V : unmanaged
{
    public static int Bytes => sizeof(float);

    public static int BlockLength => int.MaxValue;

    public static int ScaleBytes => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Scale(byte* block, int vector) => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load(byte* source, V scale) => L.Load((float*)source);
}

internal readonly unsafe struct HalfElement<L, V> : IPanelElement<V>
    where L : struct, ILanes<V>
    where V : unmanaged
{
    public static int Bytes => sizeof(ushort);

    public static int BlockLength => int.MaxValue;

    public static int ScaleBytes => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Scale(byte* block, int vector) => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load(byte* source, V scale) => L.LoadHalf((ushort*)source);
}

/// <summary>Signed bytes times a float scale for each output and each 32 inputs: ggml's symmetric block types, exactly.</summary>
internal readonly unsafe struct Int8Element<L, V> : IPanelElement<V>
    where L : struct, ILanes<V>
    where V : unmanaged
{
    public static int Bytes => 1;

    public static int BlockLength => 32;

    public static int ScaleBytes => 2 * L.Count * sizeof(float);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Scale(byte* block, int vector) => L.Load((float*)block + (vector * L.Count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load(byte* source, V scale) => L.Multiply(L.LoadInt8((sbyte*)source), scale);
}

/// <summary>
/// Signed bytes as they are: the scale of their output multiplies the finished sum (<see cref="WeightFormat.Int8Rows"/>).
/// </summary>
internal readonly unsafe struct ByteElement<L, V> : IPanelElement<V>
    where L : struct, ILanes<V>
    where V : unmanaged
{
    public static int Bytes => 1;

    public static int BlockLength => int.MaxValue;

    public static int ScaleBytes => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Scale(byte* block, int vector) => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load(byte* source, V scale) => L.LoadInt8((sbyte*)source);
}
