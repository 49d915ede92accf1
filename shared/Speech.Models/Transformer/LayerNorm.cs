using Speech.Tensors;
using Speech.Tensors.Cpu;

namespace Speech.Models.Transformer;

/// <summary>Layer normalisation with epsilon 1e-5.</summary>
internal sealed class LayerNorm(Tensor weight, Tensor bias) : IDisposable
{
    /// <summary>y = norm(x), [rows, state] both.</summary>
    public void Forward(CpuDevice device, TensorView x, TensorView y) => device.LayerNorm(x, weight, bias, y);

    public void Dispose()
    {
        weight.Dispose();
        bias.Dispose();
    }
}
