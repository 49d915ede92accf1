using Speech.Tensors.Files;

namespace Speech.Tensors.PyTorch;

/// <summary>The named tensors of a state dict, held against the storages that they are views of.</summary>
internal static class StateDict
{
    private const int MaximumTensors = 100_000;

    /// <summary>Where training scripts put the state dict in a checkpoint with more in it.</summary>
    private static readonly string[] NestedUnder = ["state_dict", "model_state_dict", "model"];

    /// <param name="root">What the pickle gave.</param>
    /// <param name="place">The place of a storage in the file, in bytes; throws if it is not there whole.</param>
    /// <exception cref="ModelFileException">It is no state dict, or a tensor is larger than its storage.</exception>
    public static IReadOnlyList<WeightTensor> Read(MappedFile file, object? root, Func<PickleStorage, long> place)
    {
        if (root is not PickleDictionary dictionary)
            throw new ModelFileException(file.Path, "it holds no state dict; use a pytorch_model.bin.");
        foreach (var (key, value) in dictionary.Entries)
        {
            if (key is string name && NestedUnder.Contains(name) && value is PickleDictionary nested)
            {
                dictionary = nested;
                break;
            }
        }

        var tensors = new List<WeightTensor>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (key, value) in dictionary.Entries)
        {
            if (key is not string name || value is not PickleTensor tensor)
                continue;
            if (!names.Add(name))
                throw new ModelFileException(file.Path, "it occurs twice; the file is damaged.", name);
            if (names.Count > MaximumTensors)
                throw new ModelFileException(file.Path, $"it has more than {MaximumTensors} tensors; it is damaged or of another kind.");
            tensors.Add(Read(file, name, tensor, place));
        }

        return tensors.Count > 0
            ? tensors : throw new ModelFileException(file.Path, "its state dict has no tensors; use a pytorch_model.bin.");
    }

    private static WeightTensor Read(MappedFile file, string name, PickleTensor tensor, Func<PickleStorage, long> place)
    {
        var (storage, offset, shape, strides) = tensor;
        Int128 length = 1, last = offset;
        for (var i = 0; i < shape.Length; i++)
        {
            // A view of some elements many times over (stride 0) is refused too, or a small file would ask for any amount of memory.
            length = length > storage.Count && shape[i] != 0 ? length : length * shape[i];
            last += (Int128)Math.Max(0, shape[i] - 1) * strides[i];
        }

        if (offset < 0 || length > storage.Count || (length > 0 && last >= storage.Count) || offset > storage.Count)
        {
            throw new ModelFileException(
                file.Path,
                $"its shape [{string.Join(", ", shape)}], strides [{string.Join(", ", strides)}] and offset {offset} do not fit its storage of {storage.Count} elements; the file is damaged.",
                name);
        }

        return new WeightTensor(
            file, name, storage.Type.Element, storage.TypeName, shape, strides, place(storage) + (offset * storage.Type.Bytes));
    }
}
