using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Speech.Lab.Bench;

/// <summary>
/// A folder like that of facebook/nllb-200-distilled-600M with random weights (halves) and the built-in model's tokenizer: for speed, which
/// depends on size alone.
/// </summary>
internal static class RandomNllb
{
    private const int Vocabulary = 256206;
    private const int State = 1024;
    private const int Hidden = 4096;
    private const int Layers = 12;

    /// <param name="tokenizerFolder">Whose tokenizer's files are copied.</param>
    public static void Write(string folder, string tokenizerFolder)
    {
        File.Copy(Path.Combine(tokenizerFolder, "sentencepiece.bpe.model"), Path.Combine(folder, "sentencepiece.bpe.model"));
        File.WriteAllText(Path.Combine(folder, "config.json"), JsonSerializer.Serialize(new
        {
            model_type = "m2m_100",
            activation_function = "relu",
            vocab_size = Vocabulary,
            d_model = State,
            encoder_layers = Layers,
            encoder_attention_heads = 16,
            encoder_ffn_dim = Hidden,
            decoder_layers = Layers,
            decoder_attention_heads = 16,
            decoder_ffn_dim = Hidden,
            max_position_embeddings = 1024,
            scale_embedding = true,
        }));
        WriteWeights(Path.Combine(folder, "model.safetensors"));
    }

    private static void WriteWeights(string path)
    {
        var header = new Dictionary<string, object>();
        var tensors = Tensors().ToList();
        var offset = 0L;
        foreach (var (name, shape) in tensors)
        {
            var bytes = 2 * shape.Aggregate(1L, (product, dimension) => product * dimension);
            header[name] = new { dtype = "F16", shape, data_offsets = (long[])[offset, offset + bytes] };
            offset += bytes;
        }

        var json = JsonSerializer.SerializeToUtf8Bytes(header);
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20);
        var length = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)json.Length);
        file.Write(length);
        file.Write(json);

        // Any numbers of the right size do: slices of one table, whose length is no multiple of a row's.
        var random = new Random(1);
        var noise = new Half[(1 << 20) + 7];
        foreach (ref var value in noise.AsSpan())
            value = (Half)((random.NextSingle() - 0.5f) * 0.05f);
        var table = MemoryMarshal.AsBytes(noise.AsSpan());
        for (var at = 0L; at < offset;)
        {
            var count = (int)Math.Min(table.Length, offset - at);
            file.Write(table[..count]);
            at += count;
        }
    }

    private static IEnumerable<(string Name, int[] Shape)> Tensors()
    {
        yield return ("model.shared.weight", [Vocabulary, State]);
        foreach (var side in (string[])["encoder", "decoder"])
        {
            for (var layer = 0; layer < Layers; layer++)
            {
                var name = $"model.{side}.layers.{layer}";
                string[] attentions = side == "decoder" ? ["self_attn", "encoder_attn"] : ["self_attn"];
                foreach (var attention in attentions)
                {
                    foreach (var projection in (string[])["q_proj", "k_proj", "v_proj", "out_proj"])
                    {
                        yield return ($"{name}.{attention}.{projection}.weight", [State, State]);
                        yield return ($"{name}.{attention}.{projection}.bias", [State]);
                    }
                }

                foreach (var norm in (string[])[.. attentions.Select(attention => $"{attention}_layer_norm"), "final_layer_norm"])
                {
                    yield return ($"{name}.{norm}.weight", [State]);
                    yield return ($"{name}.{norm}.bias", [State]);
                }

                yield return ($"{name}.fc1.weight", [Hidden, State]);
                yield return ($"{name}.fc1.bias", [Hidden]);
                yield return ($"{name}.fc2.weight", [State, Hidden]);
                yield return ($"{name}.fc2.bias", [State]);
            }

            yield return ($"model.{side}.layer_norm.weight", [State]);
            yield return ($"model.{side}.layer_norm.bias", [State]);
        }
    }
}
