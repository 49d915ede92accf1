using System.Buffers.Binary;
using System.Security.Cryptography;
using Speech.Models.Whisper;
using Speech.Tensors;
using Speech.Tensors.Ggml;

namespace Speech.Models.Tests.Whisper;

public sealed class WhisperFileTests : IDisposable
{
    private static readonly string NanoEn = Checkout.Path("shared/models/nano.en/ggml-nano.en.bin");

    private readonly TemporaryFile _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void The_built_in_model_is_what_its_readme_says()
    {
        using var file = WhisperFile.Open(NanoEn);

        file.HyperParameters.ShouldBe(new WhisperHyperParameters(51864, 1500, 192, 3, 4, 448, 192, 3, 3, 80, 1));
        file.HyperParameters.IsMultilingual.ShouldBeFalse();
        file.Tensors.Count.ShouldBe(143);
        file.MelFilters.Length.ShouldBe(80 * 201);
        file.Vocabulary.Count.ShouldBe(50256);
        file.Vocabulary[50255].SequenceEqual(" gazed"u8).ShouldBeTrue();
        file["decoder.token_embedding.weight"].Shape.ShouldBe([51864, 192]);
        file["encoder.conv1.bias"].Shape.ShouldBe([192, 1]);
    }

    [Theory]
    [InlineData(GgmlType.Q8_0, "6ff5b93d9d76500b62c8e009971562f1871ed349f070cdbf46233e5f0c825125")]
    [InlineData(GgmlType.Q5_0, "743a0b2bbbd503c4a099a2a581a218cf2ff0e9b10675e5647d953166df7c279e")]
    public void Quantised_here_it_equals_the_file_that_whisper_cpp_made(GgmlType type, string sha256)
    {
        QuantisedWhisperFile.Write(NanoEn, _temporary.Path, type);

        Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(_temporary.Path))).ShouldBe(sha256);
        using var file = WhisperFile.Open(_temporary.Path);
        file["decoder.token_embedding.weight"].Type.ShouldBe(type);
    }

    [Theory]
    [InlineData(1, 51863, "n_vocab")]
    [InlineData(1, 51867, "n_vocab")]
    [InlineData(2, 0, "n_audio_ctx")]
    [InlineData(2, 1501, "n_audio_ctx")]
    [InlineData(3, 128, "n_audio_state")]
    [InlineData(4, 2, "heads")]
    [InlineData(5, 65, "n_audio_layer")]
    [InlineData(6, -1, "n_text_ctx")]
    [InlineData(7, 128, "n_text_state")]
    [InlineData(8, 4, "heads")]
    [InlineData(9, 0, "n_text_layer")]
    [InlineData(10, 100, "n_mels")]
    [InlineData(11, 12, "ftype")]
    [InlineData(12, 128, "mel filters")]
    [InlineData(13, 257, "mel filters")]
    [InlineData(50, 0x7fc00000, "mel filter")]
    [InlineData(14 + 80 * 201, 1_000_000_000, "number of tokens")]
    [InlineData(14 + 80 * 201 + 1, -5, "length of a token")]
    public void A_number_that_no_whisper_has_is_refused(int position, int value, string problem)
    {
        Patch(position, value);

        Should.Throw<ModelFileException>(() => WhisperFile.Open(_temporary.Path)).Message.ShouldContain(problem);
    }

    [Theory]
    [InlineData(2, 1499, "encoder.positional_embedding")]
    [InlineData(5, 5, "encoder.blocks.4.attn_ln.weight")]
    [InlineData(9, 2, "decoder.blocks.2.")]
    public void A_header_that_asks_for_other_tensors_names_the_first_that_differs(int position, int value, string tensor)
    {
        Patch(position, value);

        Should.Throw<ModelFileException>(() => WhisperFile.Open(_temporary.Path)).TensorName.ShouldNotBeNull().ShouldStartWith(tensor);
    }

    [Fact]
    public void A_vocabulary_without_weights_is_refused()
    {
        using (var writer = new GgmlWriter(File.Create(_temporary.Path)))
            WriteHeader(writer, 1);

        Should.Throw<ModelFileException>(() => WhisperFile.Open(_temporary.Path)).Message.ShouldContain("no weights");
    }

    [Fact]
    public void Mutated_headers_open_or_fail_with_the_one_exception()
    {
        using (var writer = new GgmlWriter(File.Create(_temporary.Path)))
        {
            WriteHeader(writer, 256);
            writer.WriteTensor("encoder.positional_embedding", GgmlType.F32, [1, 64], new float[64]);
            writer.WriteTensor("encoder.conv1.weight", GgmlType.F16, [64, 80, 3], new float[64 * 80 * 3]);
        }

        var original = File.ReadAllBytes(_temporary.Path);
        var random = new Random(4);
        for (var round = 0; round < 500; round++)
        {
            var bytes = original.ToArray();
            for (var change = random.Next(1, 4); change > 0; change--)
            {
                // Half of the changes hit the header's numbers, the others anything.
                var at = random.Next(2) == 0 ? 4 * random.Next(1, 14) : random.Next(4, bytes.Length - 4);
                BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(at), random.Next(3) == 0 ? random.Next(-2, 300) : random.Next());
            }

            File.WriteAllBytes(_temporary.Path, bytes);
            Should.Throw<ModelFileException>(() => WhisperFile.Open(_temporary.Path));
        }
    }

    private static void WriteHeader(GgmlWriter writer, int tokens)
    {
        foreach (var value in (int[])[51864, 1, 64, 1, 1, 1, 64, 1, 1, 80, 1, 80, 201])
            writer.Write(value);
        writer.Write(new float[80 * 201]);
        writer.Write(tokens);
        for (var i = 0; i < tokens; i++)
        {
            writer.Write(1);
            writer.Write([(byte)i]);
        }
    }

    private void Patch(int position, int value)
    {
        File.Copy(NanoEn, _temporary.Path);
        using var file = File.OpenWrite(_temporary.Path);
        file.Position = position * sizeof(int);
        file.Write(BitConverter.GetBytes(value));
    }
}
