using System.Runtime.CompilerServices;

namespace Speech.Tensors.Cpu;

/// <summary>How the elements of a packed panel are stored, and how a vector of them is read as 32-bit floats.</summary>
internal unsafe interface IPanelElement<V>
    where V : unmanaged
{
    static abstract int Bytes { get; }

    static abstract V Load(byte* source);
}

internal readonly unsafe struct SingleElement<L, V> : IPanelElement<V>
    where L : struct, ILanes<V>
    where V : unmanaged
{
    public static int Bytes => sizeof(float);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load(byte* source) => L.Load((float*)source);
}

internal readonly unsafe struct HalfElement<L, V> : IPanelElement<V>
    where L : struct, ILanes<V>
    where V : unmanaged
{
    public static int Bytes => sizeof(ushort);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load(byte* source) => L.LoadHalf((ushort*)source);
}
