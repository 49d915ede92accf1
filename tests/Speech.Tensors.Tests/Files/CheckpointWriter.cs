using System.Buffers.Binary;
using System.Text;

namespace Speech.Tensors.Tests.Files;

/// <summary>Writes PyTorch checkpoints, sound ones and others.</summary>
internal static class CheckpointWriter
{
    /// <summary>A zip checkpoint of a pickle and storages.</summary>
    public static byte[] Zip(byte[] pickle, params (string Key, byte[] Data)[] storages) =>
        Archive(wide: false, [("archive/data.pkl", pickle), .. storages.Select(
            storage => ($"archive/data/{storage.Key}", storage.Data)), ("archive/version", "3\n"u8.ToArray())]);

    public static byte[] ZipOf(StoredTensor[] tensors, params (string Key, byte[] Data)[] storages) =>
        Zip(new PickleWriter().StateDict(tensors).Finish(), storages);

    /// <summary>
    /// Stored entries, aligned to 64 bytes as torch.save does; with <paramref name="wide"/> all sizes are in zip64 fields.
    /// </summary>
    public static byte[] Archive(bool wide, params (string Name, byte[] Data)[] entries)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        var directory = new List<byte[]>();
        foreach (var (name, data) in entries)
        {
            var start = stream.Position;
            var nameBytes = Encoding.UTF8.GetBytes(name);
            var padding = (int)(((-(start + 30 + nameBytes.Length + 4)) % 64 + 64) % 64);
            writer.Write(0x04034b50u);
            writer.Write([45, 0, 0, 8, 0, 0, 0, 0, 0, 0]);
            writer.Write(0u);
            writer.Write((uint)data.Length);
            writer.Write((uint)data.Length);
            writer.Write((ushort)nameBytes.Length);
            writer.Write((ushort)(4 + padding));
            writer.Write(nameBytes);
            writer.Write("FB"u8);
            writer.Write((ushort)padding);
            writer.Write([.. Enumerable.Repeat((byte)'Z', padding)]);
            writer.Write(data);
            directory.Add(CentralHeader(nameBytes, data.Length, start, wide));
        }

        var at = stream.Position;
        foreach (var header in directory)
            writer.Write(header);
        var length = stream.Position - at;
        if (wide)
        {
            var end = stream.Position;
            writer.Write(0x06064b50u);
            writer.Write(44L);
            writer.Write([45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
            writer.Write((long)directory.Count);
            writer.Write((long)directory.Count);
            writer.Write(length);
            writer.Write(at);
            writer.Write(0x07064b50u);
            writer.Write(0u);
            writer.Write(end);
            writer.Write(1u);
        }

        writer.Write(0x06054b50u);
        writer.Write(0u);
        writer.Write(wide ? ushort.MaxValue : (ushort)directory.Count);
        writer.Write(wide ? ushort.MaxValue : (ushort)directory.Count);
        writer.Write(wide ? uint.MaxValue : (uint)length);
        writer.Write(wide ? uint.MaxValue : (uint)at);
        writer.Write((ushort)0);
        writer.Flush();
        return stream.ToArray();
    }

    /// <summary>A checkpoint of before PyTorch 1.6.</summary>
    public static byte[] Legacy(StoredTensor[] tensors, bool littleEndian, params (string Key, int ElementBytes, byte[] Data)[] storages)
    {
        var bytes = new List<byte>();
        bytes.AddRange(new PickleWriter().Raw("\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19").Finish());
        bytes.AddRange(new PickleWriter().Raw("M\xe9\x03").Finish());
        bytes.AddRange(new PickleWriter().Raw("}(").Text("protocol_version").Raw("M\xe9\x03").Text("little_endian")
            .Raw(littleEndian ? "\x88u" : "\x89u").Finish());
        bytes.AddRange(new PickleWriter().StateDict(tensors, legacy: true).Finish());
        var keys = new PickleWriter().Raw("](");
        foreach (var storage in storages)
            keys.Text(storage.Key);
        bytes.AddRange(keys.Raw("e").Finish());
        foreach (var (_, elementBytes, data) in storages)
        {
            var count = new byte[sizeof(long)];
            BinaryPrimitives.WriteInt64LittleEndian(count, data.Length / elementBytes);
            bytes.AddRange(count);
            bytes.AddRange(data);
        }

        return [.. bytes];
    }

    private static byte[] CentralHeader(byte[] name, int length, long start, bool wide)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write(0x02014b50u);
        writer.Write([45, 0, 45, 0, 0, 8, 0, 0, 0, 0, 0, 0]);
        writer.Write(0u);
        writer.Write(wide ? uint.MaxValue : (uint)length);
        writer.Write(wide ? uint.MaxValue : (uint)length);
        writer.Write((ushort)name.Length);
        writer.Write((ushort)(wide ? 28 : 0));
        writer.Write([0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        writer.Write(wide ? uint.MaxValue : (uint)start);
        writer.Write(name);
        if (wide)
        {
            writer.Write((ushort)1);
            writer.Write((ushort)24);
            writer.Write((long)length);
            writer.Write((long)length);
            writer.Write(start);
        }

        writer.Flush();
        return stream.ToArray();
    }
}
