namespace Speech.Tensors.PyTorch;

/// <summary>What a pickle may name. A name is looked up here and nowhere else: nothing is ever imported.</summary>
/// <param name="Kind">What calling it does.</param>
/// <param name="StorageType">Of a storage class.</param>
internal sealed record PickleGlobal(string Name, PickleGlobalKind Kind, TorchType? StorageType = null)
{
    private static readonly PickleGlobal OrderedDict = new("OrderedDict", PickleGlobalKind.OrderedDict);
    private static readonly PickleGlobal Size = new("Size", PickleGlobalKind.Size);
    private static readonly PickleGlobal Tensor = new("_rebuild_tensor", PickleGlobalKind.Tensor);
    private static readonly PickleGlobal TensorV2 = new("_rebuild_tensor_v2", PickleGlobalKind.Tensor);
    private static readonly PickleGlobal Parameter = new("_rebuild_parameter", PickleGlobalKind.Parameter);

    /// <summary>Null if a state dict has no use for it.</summary>
    public static PickleGlobal? Find(string module, string name) => (module, name) switch
    {
        ("collections", "OrderedDict") => OrderedDict,
        ("torch", "Size") => Size,
        ("torch._utils", "_rebuild_tensor") => Tensor,
        ("torch._utils", "_rebuild_tensor_v2") => TensorV2,
        ("torch._utils", "_rebuild_parameter") => Parameter,
        ("torch", _) when TorchType.OfStorageClass(name) is { } type => new PickleGlobal(name, PickleGlobalKind.StorageClass, type),
        _ => null,
    };
}

internal enum PickleGlobalKind
{
    OrderedDict,
    Size,
    Tensor,
    Parameter,

    /// <summary>Only ever named in a persistent id.</summary>
    StorageClass,
}
