using System.Buffers.Binary;
using Speech.Tensors.Files;

namespace Speech.Tensors.PyTorch;

/// <summary>
/// A checkpoint as torch.save has written it since PyTorch 1.6: a zip archive with one folder, in it <c>data.pkl</c> (the pickled state
/// dict), <c>data/0</c>,
/// <c>data/1</c>, … (the storages' elements as they are in memory), <c>version</c> and, since 2.1, <c>byteorder</c>.
/// </summary>
/// <remarks>Source: pytorch/pytorch, <c>torch/serialization.py</c>. Names of entries are only compared, never used as paths.</remarks>
internal static class ZipCheckpoint
{
    private const string Pickle = "/data.pkl";
    private const int MaximumPickleBytes = 1 << 24;
    private const int MaximumByteOrderBytes = 16;

    public static bool Recognises(MappedFile file) =>
        file.Length >= sizeof(uint) && BinaryPrimitives.ReadUInt32LittleEndian(file.Slice(0, sizeof(uint))) == ZipDirectory.LocalHeader;

    /// <exception cref="ModelFileException">It is damaged, or more than a state dict.</exception>
    public static IReadOnlyList<WeightTensor> Read(MappedFile file)
    {
        var entries = ZipDirectory.Read(file);
        var pickles = entries.Keys.Where(name => name.EndsWith(Pickle, StringComparison.Ordinal)).ToList();
        if (pickles is not [var pickle])
            throw new ModelFileException(
                file.Path, $"it is a zip archive with {pickles.Count} data.pkl, not a PyTorch checkpoint; use pytorch_model.bin.");
        var folder = pickle[..^Pickle.Length];
        if (entries.Keys.Any(name => name == $"{folder}/constants.pkl" || name.StartsWith($"{folder}/code/", StringComparison.Ordinal)))
            throw new ModelFileException(file.Path, "it is a TorchScript program, not a state dict; use pytorch_model.bin.");
        if (entries.TryGetValue($"{folder}/byteorder", out var order)
            && (order.Length > MaximumByteOrderBytes || !file.Slice(order.Offset, (int)order.Length).SequenceEqual("little"u8)))
        {
            throw new ModelFileException(file.Path, "its byteorder is not little; save it again on a little-endian machine.");
        }

        var (start, length) = entries[pickle];
        if (length > MaximumPickleBytes)
            throw new ModelFileException(file.Path, $"its data.pkl has {length} bytes, more than a state dict's ever has.");
        var root = PickleMachine.Run(file.Path, file.Slice(start, (int)length)).Value;
        return StateDict.Read(file, root, Place);

        long Place(PickleStorage storage)
        {
            if (!entries.TryGetValue($"{folder}/data/{storage.Key}", out var data))
                throw new ModelFileException(file.Path, $"its storage '{storage.Key}' is missing; download it again.");
            return (Int128)storage.Count * storage.Type.Bytes == data.Length
                ? data.Offset
                : throw new ModelFileException(
                    file.Path, $"its storage '{storage.Key}' has {data.Length} bytes, not {storage.Count} elements of {storage.Type.Bytes}; the file is damaged.");
        }
    }
}
