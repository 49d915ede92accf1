using Speech.Tensors.Ggml;

namespace Speech.SttWorker.Tests;

/// <summary>
/// A multilingual model, as far as its file goes: nano.en with one more text token before the special ones, which is all that tells the
/// vocabularies apart. It has never learnt what the tokens of languages and tasks mean, and does with them whatever it does.
/// </summary>
internal static class MultilingualModel
{
    private const int EndOfText = 50256;

    public static void Write(string path)
    {
        using var source = GgmlFile.Open(Checkout.Path("shared/models/nano.en/ggml-nano.en.bin"), ReadHeader, out var header);
        using var writer = new GgmlWriter(File.Create(path));
        writer.Write(header);
        foreach (var tensor in source.Tensors.Values)
        {
            if (tensor.Name != "decoder.token_embedding.weight")
            {
                writer.WriteTensor(tensor.Name, tensor.Type, tensor.Shape, tensor.Data);
                continue;
            }
            var width = tensor.Shape[1];
            var values = tensor.ToSingles();
            float[] extended = [.. values[..(EndOfText * width)], .. new float[width], .. values[(EndOfText * width)..]];
            writer.WriteTensor(tensor.Name, GgmlType.F32, [tensor.Shape[0] + 1, width], extended);
        }
    }

    /// <summary>All bytes between the magic number and the first tensor, with one token more.</summary>
    private static byte[] ReadHeader(GgmlReader reader)
    {
        using var header = new MemoryStream();
        var vocabulary = reader.ReadInt32("the size of the vocabulary");
        header.Write(BitConverter.GetBytes(vocabulary + 1));
        header.Write(reader.ReadBytes(10 * sizeof(int), "hyper-parameters"));
        var mels = Copy(reader, header);
        var bins = Copy(reader, header);
        header.Write(reader.ReadBytes(mels * bins * sizeof(float), "mel filters"));
        var tokens = reader.ReadInt32("the number of tokens");
        header.Write(BitConverter.GetBytes(EndOfText + 1));
        for (var token = 0; token < tokens; token++)
        {
            var bytes = reader.ReadBytes(reader.ReadInt32("a length"), "a token").ToArray();
            if (token > EndOfText)
                continue;
            header.Write(BitConverter.GetBytes(bytes.Length));
            header.Write(bytes);
        }
        for (var token = tokens; token <= EndOfText; token++)
        {
            header.Write(BitConverter.GetBytes(1));
            header.WriteByte((byte)'~');
        }
        return header.ToArray();
    }

    private static int Copy(GgmlReader reader, MemoryStream header)
    {
        var value = reader.ReadInt32("a number");
        header.Write(BitConverter.GetBytes(value));
        return value;
    }
}
