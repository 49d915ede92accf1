using Speech.Tensors.Ggml;

namespace Speech.Models.Tests.Whisper;

/// <summary>
/// Makes a quantised Whisper file from one of another type, as whisper.cpp's <c>whisper-quantize</c> does: byte for byte the same.
/// </summary>
internal static class QuantisedWhisperFile
{
    private const int QuantiserVersion = 2;

    private static readonly HashSet<string> Kept =
    [
        "encoder.conv1.bias", "encoder.conv2.bias", "encoder.positional_embedding", "decoder.positional_embedding",
    ];

    public static void Write(string sourcePath, string destinationPath, GgmlType type)
    {
        using var source = GgmlFile.Open(sourcePath, ReadHeader, out var header);
        BitConverter.TryWriteBytes(header.AsSpan(10 * sizeof(int)), 1000 * QuantiserVersion + FileType(type));

        using var writer = new GgmlWriter(File.Create(destinationPath));
        writer.Write(header);
        foreach (var tensor in InFileOrder(source))
        {
            if (tensor.Shape.Length == 2 && !Kept.Contains(tensor.Name))
                writer.WriteTensor(tensor.Name, type, tensor.Shape, tensor.ToSingles());
            else
                writer.WriteTensor(tensor.Name, tensor.Type, tensor.Shape, tensor.Data);
        }
    }

    /// <summary>All bytes between the magic number and the first tensor.</summary>
    private static byte[] ReadHeader(GgmlReader reader)
    {
        using var header = new MemoryStream();
        header.Write(reader.ReadBytes(11 * sizeof(int), "hyper-parameters"));
        var mels = Copy(reader, header);
        var bins = Copy(reader, header);
        header.Write(reader.ReadBytes(mels * bins * sizeof(float), "mel filters"));
        for (var tokens = Copy(reader, header); tokens > 0; tokens--)
            header.Write(reader.ReadBytes(Copy(reader, header), "a token"));
        return header.ToArray();
    }

    private static int Copy(GgmlReader reader, MemoryStream header)
    {
        var value = reader.ReadInt32("a number");
        header.Write(BitConverter.GetBytes(value));
        return value;
    }

    // A dictionary that nothing is removed from enumerates in the order of insertion.
    private static IEnumerable<GgmlTensor> InFileOrder(GgmlFile file) => file.Tensors.Values;

    private static int FileType(GgmlType type) => type switch
    {
        GgmlType.Q4_0 => 2,
        GgmlType.Q4_1 => 3,
        GgmlType.Q8_0 => 7,
        GgmlType.Q5_0 => 8,
        GgmlType.Q5_1 => 9,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Not a quantised type."),
    };
}
