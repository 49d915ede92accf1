using Speech.Tensors.Files;

namespace Speech.Tensors.PyTorch;

/// <summary>The element type of a storage class of PyTorch.</summary>
internal sealed record TorchType(ElementType Element, int Bytes)
{
    private static readonly Dictionary<string, TorchType> ByStorageClass = new(StringComparer.Ordinal)
    {
        ["FloatStorage"] = new(ElementType.Single, 4),
        ["HalfStorage"] = new(ElementType.Half, 2),
        ["BFloat16Storage"] = new(ElementType.BFloat16, 2),
        ["DoubleStorage"] = new(ElementType.Other, 8),
        ["LongStorage"] = new(ElementType.Other, 8),
        ["IntStorage"] = new(ElementType.Other, 4),
        ["ShortStorage"] = new(ElementType.Other, 2),
        ["CharStorage"] = new(ElementType.Other, 1),
        ["ByteStorage"] = new(ElementType.Other, 1),
        ["BoolStorage"] = new(ElementType.Other, 1),
    };

    /// <summary>Null if there is no such class.</summary>
    public static TorchType? OfStorageClass(string name) => ByStorageClass.GetValueOrDefault(name);
}
