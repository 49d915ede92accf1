using System.Runtime.InteropServices;

namespace Speech.Tensors;

/// <summary>
/// A weight matrix [outputs, inputs] (PyTorch's layout of a linear layer) rearranged once for the matrix kernels: panels of <see cref="PanelWidth"/>
/// outputs, and within a panel, for each input, that panel's weights side by side. A kernel then reads memory strictly forwards.
/// The last panel is filled up with zeros.
/// </summary>
public sealed unsafe class PackedMatrix : IDisposable
{
    private byte* _data;
    private Tensor? _bias;

    internal PackedMatrix(int outputs, int inputs, bool half, int panelWidth)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(outputs);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(inputs);
        Outputs = outputs;
        Inputs = inputs;
        IsHalf = half;
        PanelWidth = panelWidth;
        Panels = (outputs + panelWidth - 1) / panelWidth;
        PanelBytes = (nint)inputs * panelWidth * ElementBytes;
        SizeInBytes = Panels * (long)PanelBytes;
        _data = (byte*)NativeMemory.AlignedAlloc((nuint)SizeInBytes, 64);
        GC.AddMemoryPressure(SizeInBytes);
    }

    ~PackedMatrix() => Free();

    /// <summary>Rows of the unpacked matrix.</summary>
    public int Outputs { get; }

    /// <summary>Columns of the unpacked matrix.</summary>
    public int Inputs { get; }

    /// <summary>Stored as IEEE half (widened to float as it is read), else as float.</summary>
    public bool IsHalf { get; }

    /// <summary>Outputs rounded up to whole panels: what a result row must have room for.</summary>
    public int PaddedOutputs => Panels * PanelWidth;

    public long SizeInBytes { get; }

    internal int PanelWidth { get; }

    internal int Panels { get; }

    internal nint PanelBytes { get; }

    internal int ElementBytes => IsHalf ? sizeof(ushort) : sizeof(float);

    internal byte* Data => _data;

    internal float* Bias => _bias is null ? null : _bias.Data;

    /// <summary>One row of the unpacked matrix, as floats: an embedding look-up.</summary>
    public void ReadRow(int output, Span<float> row)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)output, (uint)Outputs, nameof(output));
        ArgumentOutOfRangeException.ThrowIfLessThan(row.Length, Inputs, nameof(row));
        var panel = _data + (output / PanelWidth * PanelBytes);
        var lane = output % PanelWidth;
        for (var i = 0; i < Inputs; i++)
        {
            var at = (i * PanelWidth) + lane;
            row[i] = IsHalf ? (float)((Half*)panel)[at] : ((float*)panel)[at];
        }
    }

    internal static PackedMatrix Pack<T>(ReadOnlySpan<T> weights, int outputs, int inputs, ReadOnlySpan<float> bias, int panelWidth)
        where T : unmanaged
    {
        if (weights.Length != (long)outputs * inputs)
            throw new ArgumentException($"A matrix of {outputs}x{inputs} has {(long)outputs * inputs} elements, not {weights.Length}.", nameof(weights));
        if (bias.Length != 0 && bias.Length != outputs)
            throw new ArgumentException($"A bias for {outputs} outputs has {outputs} elements, not {bias.Length}.", nameof(bias));
        var packed = new PackedMatrix(outputs, inputs, typeof(T) == typeof(Half), panelWidth);
        fixed (T* source = weights)
        {
            var rows = (nint)source;
            Parallel.For(0, packed.Panels, panel => packed.FillPanel((T*)rows, panel));
        }

        if (bias.Length != 0)
        {
            packed._bias = new Tensor(1, packed.PaddedOutputs);
            bias.CopyTo(packed._bias.Row(0));
        }

        return packed;
    }

    private void FillPanel<T>(T* rows, int panel)
        where T : unmanaged
    {
        var destination = (T*)(_data + (panel * PanelBytes));
        var lanes = Math.Min(PanelWidth, Outputs - (panel * PanelWidth));
        if (lanes < PanelWidth)
            NativeMemory.Clear(destination, (nuint)PanelBytes);
        for (var lane = 0; lane < lanes; lane++)
        {
            var row = rows + ((nint)((panel * PanelWidth) + lane) * Inputs);
            for (var i = 0; i < Inputs; i++)
                destination[((nint)i * PanelWidth) + lane] = row[i];
        }
    }

    public void Dispose()
    {
        _bias?.Dispose();
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (_data is null)
            return;
        NativeMemory.AlignedFree(_data);
        GC.RemoveMemoryPressure(SizeInBytes);
        _data = null;
    }
}
