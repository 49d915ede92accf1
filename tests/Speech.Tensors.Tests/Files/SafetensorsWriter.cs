using System.Buffers.Binary;
using System.Text;

namespace Speech.Tensors.Tests.Files;

/// <summary>Writes safetensors files, sound ones and others.</summary>
internal static class SafetensorsWriter
{
    /// <summary>Tensors one after the other.</summary>
    public static byte[] File(params (string Name, string Type, int[] Shape, byte[] Data)[] tensors)
    {
        var header = new StringBuilder("{\"__metadata__\":{\"format\":\"pt\"}");
        var at = 0;
        foreach (var (name, type, shape, data) in tensors)
        {
            header.Append(
                $",\"{name}\":{{\"dtype\":\"{type}\",\"shape\":[{string.Join(',', shape)}],\"data_offsets\":[{at},{at + data.Length}]}}");
            at += data.Length;
        }

        return WithHeader(header.Append('}').ToString(), [.. tensors.SelectMany(tensor => tensor.Data)]);
    }

    public static byte[] WithHeader(string header, byte[] data) => WithHeader(Encoding.UTF8.GetBytes(header), data);

    public static byte[] WithHeader(byte[] header, byte[] data)
    {
        var length = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        return [.. length, .. header, .. data];
    }
}
