namespace Speech.Tensors.Cpu;

/// <summary>
/// The few vector operations that the kernels are written in, once for each width: <see cref="Lanes512"/> (AVX-512), <see cref="Lanes256"/>
/// (AVX2) and <see cref="Lanes128"/> (any processor). The type arguments are structs, so the JIT compiles each width's kernels to straight
/// machine code.
/// </summary>
internal unsafe interface ILanes<V>
    where V : unmanaged
{
    /// <summary>Floats in a vector.</summary>
    static abstract int Count { get; }

    /// <summary>Rows of the largest register tile (two vectors wide): 12 with 32 registers, 6 with 16.</summary>
    static abstract int TileRows { get; }

    static abstract V Broadcast(float value);

    static abstract V Load(float* source);

    /// <summary>Widens <see cref="Count"/> IEEE halves (finite ones).</summary>
    static abstract V LoadHalf(ushort* source);

    /// <summary>Converts <see cref="Count"/> signed bytes.</summary>
    static abstract V LoadInt8(sbyte* source);

    static abstract void Store(V value, float* destination);

    /// <summary>Rounds to the nearest integers, ties to even; they must fit.</summary>
    static abstract void StoreInt8(V value, sbyte* destination);

    /// <summary>Asks for a cache line that will be read soon; any address will do.</summary>
    static abstract void Prefetch(byte* source);

    /// <summary>a·b + c.</summary>
    static abstract V MultiplyAdd(V a, V b, V c);

    static abstract V Add(V a, V b);

    static abstract V Subtract(V a, V b);

    static abstract V Multiply(V a, V b);

    static abstract V Divide(V a, V b);

    static abstract V Max(V a, V b);

    static abstract V Abs(V a);

    /// <summary>|magnitude| with the sign of <paramref name="sign"/>.</summary>
    static abstract V CopySign(V magnitude, V sign);

    /// <summary>a·2ⁿ, where n is the integer in the low bits of <paramref name="power"/>, which is 1.5·2²³ + n.</summary>
    static abstract V TimesPowerOfTwo(V a, V power);

    static abstract float Sum(V a);

    static abstract float MaxAcross(V a);
}
