namespace Speech.Tensors.PyTorch;

/// <param name="Value">null, bool, long, double, string, BigInteger, object?[] (a tuple), or a class of this file.</param>
/// <param name="Storages">All that a persistent id spoke of, some more than once.</param>
/// <param name="Bytes">Of the program.</param>
internal readonly record struct PickleResult(object? Value, IReadOnlyList<PickleStorage> Storages, int Bytes);

/// <summary>A Python list or set.</summary>
internal sealed class PickleList
{
    public List<object?> Items { get; } = [];
}

/// <summary>
/// A Python dict or OrderedDict as its entries in the order in which they were set. Nothing is hashed, so no key is compared with another.
/// </summary>
internal sealed class PickleDictionary
{
    public List<(object? Key, object? Value)> Entries { get; } = [];
}

/// <summary>A storage that a persistent id of the pickle speaks of: where a tensor's elements lie.</summary>
/// <param name="TypeName">The class, such as <c>FloatStorage</c>.</param>
/// <param name="Key">Its name in the archive.</param>
/// <param name="Count">Elements.</param>
internal sealed record PickleStorage(string TypeName, TorchType Type, string Key, long Count);

/// <summary>A view of a storage, not yet held against the file.</summary>
/// <param name="Offset">Of the first element, in elements, as the strides are.</param>
internal sealed record PickleTensor(PickleStorage Storage, long Offset, int[] Shape, long[] Strides);
