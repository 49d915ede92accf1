using System.Buffers;
using System.Numerics.Tensors;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Speech.Tensors;

/// <summary>
/// A weight matrix [outputs, inputs] (PyTorch's layout of a linear layer) rearranged once for the matrix kernels: panels of
/// <see cref="PanelWidth"/> outputs, and within a panel, for each input, that panel's weights side by side. A kernel then reads memory
/// strictly forwards. The last panel is filled up with zeros.
/// </summary>
public sealed unsafe class PackedMatrix : IDisposable
{
    private byte* _data;
    private Tensor? _bias;

    internal PackedMatrix(int outputs, int inputs, WeightFormat format, int panelWidth)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(outputs);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(inputs);
        Outputs = outputs;
        Inputs = inputs;
        Format = format;
        PanelWidth = panelWidth;
        Panels = (outputs + panelWidth - 1) / panelWidth;
        PanelBytes = format switch
        {
            WeightFormat.Single => (nint)inputs * panelWidth * sizeof(float),
            WeightFormat.Half => (nint)inputs * panelWidth * sizeof(ushort),
            WeightFormat.Int8Rows => (nint)(inputs + sizeof(float)) * panelWidth,
            _ => (nint)(inputs / Int8Block.Length) * Int8BlockBytes(panelWidth),
        };
        SizeInBytes = Panels * (long)PanelBytes;
        _data = (byte*)NativeMemory.AlignedAlloc((nuint)SizeInBytes, 64);
        GC.AddMemoryPressure(SizeInBytes);
    }

    ~PackedMatrix() => Free();

    /// <summary>Rows of the unpacked matrix.</summary>
    public int Outputs { get; }

    /// <summary>Columns of the unpacked matrix.</summary>
    public int Inputs { get; }

    public WeightFormat Format { get; }

    /// <summary>Outputs rounded up to whole panels: what a result row must have room for.</summary>
    public int PaddedOutputs => Panels * PanelWidth;

    public long SizeInBytes { get; }

    internal int PanelWidth { get; }

    internal int Panels { get; }

    internal nint PanelBytes { get; }

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
            row[i] = Format switch
            {
                WeightFormat.Single => ((float*)panel)[at],
                WeightFormat.Half => (float)((Half*)panel)[at],
                WeightFormat.Int8Rows => ((sbyte*)panel)[(PanelWidth * sizeof(float)) + at] * ((float*)panel)[lane],
                _ => ReadInt8(panel, i, lane),
            };
        }
    }

    /// <summary>Bytes of one block of 32 inputs: the outputs' scales, then 32 rows of bytes.</summary>
    private static int Int8BlockBytes(int panelWidth) => (panelWidth * sizeof(float)) + (Int8Block.Length * panelWidth);

    private float ReadInt8(byte* panel, int input, int lane)
    {
        var block = panel + ((nint)(input / Int8Block.Length) * Int8BlockBytes(PanelWidth));
        var weights = (sbyte*)(block + (PanelWidth * sizeof(float)));
        return weights[(input % Int8Block.Length * PanelWidth) + lane] * ((float*)block)[lane];
    }

    internal static PackedMatrix Pack<T>(ReadOnlySpan<T> weights, int outputs, int inputs, ReadOnlySpan<float> bias, int panelWidth)
        where T : unmanaged
    {
        var format = typeof(T) == typeof(Half) ? WeightFormat.Half : typeof(T) == typeof(float) ? WeightFormat.Single : WeightFormat.Int8;
        var perWeight = format == WeightFormat.Int8 ? Int8Block.Length : 1;
        if (inputs % perWeight != 0 || weights.Length != (long)outputs * inputs / perWeight)
            throw new ArgumentException(
                $"A matrix of {outputs}x{inputs} has {(long)outputs * inputs} elements, not {(long)weights.Length * perWeight}.",
                nameof(weights));
        var packed = new PackedMatrix(outputs, inputs, format, panelWidth);
        packed.SetBias(bias);
        fixed (T* source = weights)
        {
            var rows = (nint)source;
            Parallel.For(0, packed.Panels, panel => packed.FillPanel((T*)rows, panel));
        }

        return packed;
    }

    internal static PackedMatrix Pack(
        RowReader rows, int outputs, int inputs, WeightFormat format, ReadOnlySpan<float> bias, int panelWidth)
    {
        if (format == WeightFormat.Int8)
            throw new ArgumentException(
                $"Rows of floats become {WeightFormat.Int8Rows}; {format} is packed from {nameof(Int8Block)}s.", nameof(format));
        var packed = new PackedMatrix(outputs, inputs, format, panelWidth);
        try
        {
            packed.SetBias(bias);
            var unusable = -1;
            Parallel.For(0, packed.Panels, panel =>
            {
                if (packed.FillPanel(rows, panel) is { } output)
                    Volatile.Write(ref unusable, output);
            });
            return unusable < 0
                ? packed
                : throw new ArgumentException(
                    $"Output {unusable} of {outputs} has a weight that {format} cannot hold: it is not finite, or too large.",
                    nameof(rows));
        }
        catch (Exception e)
        {
            packed.Dispose();
            if (e is AggregateException { InnerExceptions: [var first, ..] })
                ExceptionDispatchInfo.Throw(first);
            throw;
        }
    }

    internal static PackedMatrix PackInt8(ReadOnlySpan<float> weights, int outputs, int inputs, ReadOnlySpan<float> bias, int panelWidth)
    {
        if (weights.Length != (long)outputs * inputs)
            throw new ArgumentException(
                $"A matrix of {outputs}x{inputs} has {(long)outputs * inputs} elements, not {weights.Length}.", nameof(weights));
        fixed (float* source = weights)
        {
            var start = (nint)source;
            return Pack(Read, outputs, inputs, WeightFormat.Int8Rows, bias, panelWidth);

            void Read(int first, int count, Span<float> rows) =>
                new ReadOnlySpan<float>((float*)start + ((nint)first * inputs), count * inputs).CopyTo(rows);
        }
    }

    private void SetBias(ReadOnlySpan<float> bias)
    {
        if (bias.Length == 0)
            return;
        if (bias.Length != Outputs)
            throw new ArgumentException($"A bias for {Outputs} outputs has {Outputs} elements, not {bias.Length}.", nameof(bias));
        _bias = new Tensor(1, PaddedOutputs);
        bias.CopyTo(_bias.Row(0));
    }

    private void FillPanel<T>(T* rows, int panel)
        where T : unmanaged
    {
        var destination = _data + (panel * PanelBytes);
        var lanes = Math.Min(PanelWidth, Outputs - (panel * PanelWidth));
        if (lanes < PanelWidth)
            NativeMemory.Clear(destination, (nuint)PanelBytes);
        var perRow = Format == WeightFormat.Int8 ? Inputs / Int8Block.Length : Inputs;
        for (var lane = 0; lane < lanes; lane++)
        {
            var row = rows + ((nint)((panel * PanelWidth) + lane) * perRow);
            if (Format == WeightFormat.Int8)
            {
                FillInt8Lane((Int8Block*)row, perRow, destination, lane);
                continue;
            }

            for (var i = 0; i < Inputs; i++)
                ((T*)destination)[((nint)i * PanelWidth) + lane] = row[i];
        }
    }

    private void FillInt8Lane(Int8Block* blocks, int count, byte* destination, int lane)
    {
        for (var block = 0; block < count; block++, destination += Int8BlockBytes(PanelWidth))
        {
            ((float*)destination)[lane] = blocks[block].Scale;
            var weights = (sbyte*)(destination + (PanelWidth * sizeof(float)));
            for (var i = 0; i < Int8Block.Length; i++)
                weights[(i * PanelWidth) + lane] = blocks[block].Weights[i];
        }
    }

    /// <summary>Fills a panel from rows of floats.</summary>
    /// <returns>An output whose weights the format cannot hold; else null.</returns>
    private int? FillPanel(RowReader rows, int panel)
    {
        var first = panel * PanelWidth;
        var lanes = Math.Min(PanelWidth, Outputs - first);
        var destination = _data + (panel * PanelBytes);
        if (lanes < PanelWidth)
            NativeMemory.Clear(destination, (nuint)PanelBytes);
        var buffer = ArrayPool<float>.Shared.Rent(checked(lanes * Inputs));
        try
        {
            rows(first, lanes, buffer.AsSpan(0, lanes * Inputs));
            for (var lane = 0; lane < lanes; lane++)
            {
                var row = buffer.AsSpan(lane * Inputs, Inputs);
                var fits = Format switch
                {
                    WeightFormat.Single => FillLane(row, (float*)destination + lane),
                    WeightFormat.Half => FillLane(row, (Half*)destination + lane),
                    _ => FillLane(row, (float*)destination + lane, (sbyte*)(destination + (PanelWidth * sizeof(float))) + lane),
                };
                if (!fits)
                    return first + lane;
            }
        }
        finally
        {
            ArrayPool<float>.Shared.Return(buffer);
        }

        return null;
    }

    private bool FillLane(ReadOnlySpan<float> row, float* lane)
    {
        for (var i = 0; i < row.Length; i++)
            lane[(nint)i * PanelWidth] = row[i];
        return true;
    }

    private bool FillLane(ReadOnlySpan<float> row, Half* lane)
    {
        for (var i = 0; i < row.Length; i++)
        {
            var half = (Half)row[i];
            if (!Half.IsFinite(half))
                return false;
            lane[(nint)i * PanelWidth] = half;
        }

        return true;
    }

    private bool FillLane(Span<float> row, float* scaleLane, sbyte* lane)
    {
        var scale = MathF.Abs(TensorPrimitives.MaxMagnitude<float>(row)) / sbyte.MaxValue;
        if (!float.IsFinite(scale))
            return false;
        *scaleLane = scale;
        if (scale == 0)
            row.Clear();
        else
            TensorPrimitives.Divide(row, scale, row);
        TensorPrimitives.Round(row, row);
        for (var i = 0; i < row.Length; i++)
            lane[(nint)i * PanelWidth] = (sbyte)Math.Clamp(row[i], -sbyte.MaxValue, sbyte.MaxValue);
        return true;
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
