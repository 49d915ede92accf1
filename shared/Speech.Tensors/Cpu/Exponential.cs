using System.Runtime.CompilerServices;

namespace Speech.Tensors.Cpu;

/// <summary>
/// eˣ for x up to 88, within 2·10⁻⁷ of its value; below -87.3 it stays at the smallest normal float, 10⁻³⁸. x is split into n·ln 2 + r with
/// |r| at most ln 2 / 2; a polynomial gives e^r, and n goes into the exponent's bits.
/// </summary>
/// <remarks>Source: the coefficients are those of expf in the Cephes library (Moshier).</remarks>
internal static class Exponential<L, V>
    where L : struct, ILanes<V>
    where V : unmanaged
{
    // Added to a small number, leaves it rounded to an integer in the low bits.
    private const float Rounder = 12582912;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Of(V x)
    {
        x = L.Max(x, L.Broadcast(-87.33654f));
        var power = L.MultiplyAdd(x, L.Broadcast(1.44269504f), L.Broadcast(Rounder));
        var n = L.Subtract(power, L.Broadcast(Rounder));

        // ln 2 in two parts, of which the first times n is exact.
        var r = L.MultiplyAdd(n, L.Broadcast(-0.693359375f), x);
        r = L.MultiplyAdd(n, L.Broadcast(2.12194440e-4f), r);
        var p = L.MultiplyAdd(r, L.Broadcast(1.9875691500e-4f), L.Broadcast(1.3981999507e-3f));
        p = L.MultiplyAdd(r, p, L.Broadcast(8.3334519073e-3f));
        p = L.MultiplyAdd(r, p, L.Broadcast(4.1665795894e-2f));
        p = L.MultiplyAdd(r, p, L.Broadcast(1.6666665459e-1f));
        p = L.MultiplyAdd(r, p, L.Broadcast(5.0000001201e-1f));
        p = L.Add(L.MultiplyAdd(L.Multiply(r, r), p, r), L.Broadcast(1));
        return L.TimesPowerOfTwo(p, power);
    }
}
