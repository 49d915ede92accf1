using Speech.Tensors;
using Speech.Tensors.Cpu;

namespace Speech.Models.Transformer;

/// <summary>Two dense layers with an activation between them, [hidden, state] and [state, hidden].</summary>
internal sealed class FeedForward(PackedMatrix first, PackedMatrix second, Activation activation) : IDisposable
{
    public int Hidden => first.Outputs;

    public long WeightBytes => first.SizeInBytes + second.SizeInBytes;

    /// <summary>x += second(activation(first(normed))).</summary>
    /// <param name="normed">[rows, state]</param>
    /// <param name="hidden">Scratch, [rows, hidden].</param>
    /// <param name="x">[rows, state]</param>
    public void Forward(CpuDevice device, TensorView normed, TensorView hidden, TensorView x)
    {
        device.Linear(normed, first, hidden, activation);
        device.Linear(hidden, second, x, accumulate: true);
    }

    public void Dispose()
    {
        first.Dispose();
        second.Dispose();
    }
}
