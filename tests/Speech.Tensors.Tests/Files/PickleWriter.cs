using System.Buffers.Binary;
using System.Text;

namespace Speech.Tensors.Tests.Files;

/// <summary>Writes pickles of protocol 2, opcode by opcode.</summary>
internal sealed class PickleWriter
{
    private readonly List<byte> _bytes = [0x80, 2];

    public byte[] Finish() => [.. _bytes, (byte)'.'];

    /// <summary>Opcodes that are characters, or anything else.</summary>
    public PickleWriter Raw(string latin1)
    {
        _bytes.AddRange(Encoding.Latin1.GetBytes(latin1));
        return this;
    }

    public PickleWriter Text(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return Raw("X").UInt32((uint)bytes.Length).Raw(Encoding.Latin1.GetString(bytes));
    }

    public PickleWriter UInt32(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        _bytes.AddRange(bytes);
        return this;
    }

    /// <summary>An int of any size up to 64 bits.</summary>
    public PickleWriter Number(long value)
    {
        _bytes.AddRange([0x8a, 8]);
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        _bytes.AddRange(bytes);
        return this;
    }

    public PickleWriter Numbers(params long[] values)
    {
        Raw("(");
        foreach (var value in values)
            Number(value);
        return Raw("t");
    }

    public PickleWriter Global(string module, string name) => Raw($"c{module}\n{name}\n");

    /// <summary>The storage of a persistent id.</summary>
    public PickleWriter Storage(string type, string key, long count, bool legacy = false) =>
        Raw("(").Text("storage").Global("torch", type).Text(key).Text("cpu").Number(count).Raw(legacy ? "Nt" : "t").Raw("Q");

    public PickleWriter Tensor(StoredTensor tensor, bool legacy = false) =>
        Global("torch._utils", "_rebuild_tensor_v2").Raw("(").Storage(tensor.Type, tensor.Key, tensor.Count, legacy).Number(tensor.Offset)
            .Numbers(tensor.Shape).Numbers(tensor.Strides).Raw("\x89").Global("collections", "OrderedDict").Raw(")RtR");

    /// <summary>An OrderedDict with the attribute _metadata, as Module.state_dict() gives.</summary>
    public PickleWriter StateDict(StoredTensor[] tensors, bool legacy = false)
    {
        Global("collections", "OrderedDict").Raw(")R(");
        foreach (var tensor in tensors)
            Text(tensor.Name).Tensor(tensor, legacy);
        return Raw("u}").Text("_metadata").Global("collections", "OrderedDict").Raw(")Rsb");
    }
}

/// <summary>A tensor as a checkpoint describes it.</summary>
internal sealed record StoredTensor(string Name, string Type, string Key, long Count, long Offset, long[] Shape, long[] Strides);
