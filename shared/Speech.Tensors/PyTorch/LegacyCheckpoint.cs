using System.Buffers.Binary;
using System.Numerics;
using Speech.Tensors.Files;

namespace Speech.Tensors.PyTorch;

/// <summary>A checkpoint as torch.save wrote it before PyTorch 1.6, and still does when asked to:
/// <code>
/// pickles: magic number | protocol 1001 | dict of the machine | the state dict | list of the storages' keys
/// then of each storage in that list: i64 elements | the elements
/// </code></summary>
/// <remarks>Source: pytorch/pytorch, <c>torch/serialization.py</c>, <c>_legacy_save</c>.</remarks>
internal static class LegacyCheckpoint
{
    private const int MaximumPickleBytes = 1 << 24;
    private const long Protocol = 1001;

    /// <summary>PROTO 2, LONG1 of ten bytes: 0x1950a86a20f9469cfc6c.</summary>
    private static ReadOnlySpan<byte> Beginning => [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];

    /// <summary>Begins with the pickled magic number, which as the length of a safetensors header would be beyond any file.</summary>
    public static bool Recognises(MappedFile file) =>
        file.Length >= Beginning.Length && file.Slice(0, Beginning.Length).SequenceEqual(Beginning);

    /// <exception cref="ModelFileException">It is damaged, or more than a state dict.</exception>
    public static IReadOnlyList<WeightTensor> Read(MappedFile file)
    {
        var at = 0L;
        if (Next().Value is not BigInteger || Next().Value is not Protocol)
            throw new ModelFileException(file.Path, $"it is not a PyTorch checkpoint of protocol {Protocol}; use pytorch_model.bin.");
        if (Next().Value is not PickleDictionary machine || !machine.Entries.Contains(("little_endian", true)))
            throw new ModelFileException(file.Path, "its byte order is not little-endian; save it again on a little-endian machine.");
        var stateDict = Next();
        if (Next().Value is not PickleList keys)
            throw new ModelFileException(file.Path, "it has no list of storages; the file is damaged.");

        // Where a storage begins is known once the sizes of those before it are; their types only the state dict tells.
        var types = new Dictionary<string, TorchType>(StringComparer.Ordinal);
        foreach (var storage in stateDict.Storages)
            types[storage.Key] = storage.Type;
        var places = new Dictionary<string, (long Offset, long Count)>(StringComparer.Ordinal);
        foreach (var item in keys.Items)
        {
            if (item is not string key || !types.TryGetValue(key, out var type) || at > file.Length - sizeof(long))
                throw new ModelFileException(file.Path, $"its storage '{item as string}' is unknown or missing; the file is damaged.");
            var count = BinaryPrimitives.ReadInt64LittleEndian(file.Slice(at, sizeof(long)));
            at += sizeof(long);
            if (count < 0 || count > (file.Length - at) / type.Bytes || !places.TryAdd(key, (at, count)))
                throw new ModelFileException(file.Path, $"it ends inside its storage '{key}', or has it twice; download it again.");
            at += count * type.Bytes;
        }

        return StateDict.Read(file, stateDict.Value, Place);

        PickleResult Next()
        {
            var result = PickleMachine.Run(file.Path, file.Slice(at, (int)Math.Min(MaximumPickleBytes, file.Length - at)));
            at += result.Bytes;
            return result;
        }

        long Place(PickleStorage storage) =>
            places.TryGetValue(storage.Key, out var place) && place.Count == storage.Count && types[storage.Key] == storage.Type
                ? place.Offset
                : throw new ModelFileException(
                    file.Path, $"its storage '{storage.Key}' has not {storage.Count} elements of {storage.TypeName}; the file is damaged.");
    }
}
