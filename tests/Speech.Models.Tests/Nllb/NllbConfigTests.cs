using System.Text.Json.Nodes;
using Speech.Models.Nllb;
using Speech.Tensors;

namespace Speech.Models.Tests.Nllb;

public sealed class NllbConfigTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(256206, 1024, 12, 16, 4096, 615)]
    [InlineData(256206, 1024, 24, 16, 8192, 1371)]
    [InlineData(256206, 2048, 24, 16, 8192, 3345)]
    [InlineData(128112, 1024, 12, 16, 4096, 484)]
    [InlineData(128112, 1024, 24, 16, 8192, 1239)]
    public void The_published_sizes_are_read(int vocabulary, int state, int layers, int heads, int hidden, int millions)
    {
        Write(Published(vocabulary, state, layers, heads, hidden));

        var config = NllbConfig.Read(_folder.Path);

        config.VocabularySize.ShouldBe(vocabulary);
        config.State.ShouldBe(state);
        (config.EncoderLayers, config.DecoderLayers).ShouldBe((layers, layers));
        (config.EncoderHeads, config.DecoderHeads).ShouldBe((heads, heads));
        (config.EncoderHidden, config.DecoderHidden).ShouldBe((hidden, hidden));
        (config.MaximumPositions, config.EndToken, config.DecoderStart, config.MaximumLength).ShouldBe((1024, 2, 2, 200));
        config.ScaleEmbedding.ShouldBeTrue();
        config.ServedLanguages.ShouldBeNull();
        // The full count has biases and norms too, less than two in a thousand.
        ((double)config.Parameters).ShouldBe(millions * 1e6, millions * 2e3);
    }

    [Fact]
    public void Generation_defaults_come_from_their_own_file_first()
    {
        Write(Published(256206, 1024, 12, 16, 4096));
        File.WriteAllText(_folder.File("generation_config.json"), """{"max_length": 150, "num_beams": 5}""");
        NllbConfig.Read(_folder.Path).MaximumLength.ShouldBe(150);
    }

    public static TheoryData<string, string?> Nonsense { get; } = new()
    {
        { "vocab_size", null },
        { "vocab_size", "0" },
        { "vocab_size", "-1" },
        { "vocab_size", "99999999999" },
        { "vocab_size", "\"256206\"" },
        { "d_model", null },
        { "d_model", "1e9" },
        { "d_model", "1000" },
        { "encoder_layers", "0" },
        { "encoder_layers", "1000" },
        { "decoder_layers", "2.5" },
        { "encoder_attention_heads", "7" },
        { "decoder_attention_heads", "0" },
        { "encoder_ffn_dim", "33" },
        { "decoder_ffn_dim", "[4096]" },
        { "max_position_embeddings", "1000000" },
        { "max_position_embeddings", "{}" },
        { "eos_token_id", "256206" },
        { "decoder_start_token_id", "-2" },
        { "max_length", "0" },
        { "model_type", "\"t5\"" },
        { "activation_function", "\"gelu\"" },
        { "activation_function", "null" },
        { "tie_word_embeddings", "false" },
        { "served_languages", "\"eng_Latn\"" },
        { "served_languages", "[\"eng_Latn\"]" },
        { "served_languages", "[\"eng_Latn\", 7]" },
    };

    [Theory]
    [MemberData(nameof(Nonsense))]
    public void A_missing_or_absurd_value_is_named(string key, string? value)
    {
        var config = Published(256206, 1024, 12, 16, 4096);
        config.Remove(key);
        if (value is not null)
            config[key] = JsonNode.Parse(value);
        Write(config);

        var error = Should.Throw<ModelFileException>(() => NllbConfig.Read(_folder.Path));

        error.Message.ShouldContain(key);
        error.Path.ShouldBe(_folder.File("config.json"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{\"d_model\":")]
    [InlineData("{\"model_type\":\"\\ud800\"}")]
    public void What_is_no_configuration_is_refused(string json)
    {
        File.WriteAllText(_folder.File("config.json"), json);
        Should.Throw<ModelFileException>(() => NllbConfig.Read(_folder.Path));
    }

    [Fact]
    public void A_missing_and_a_huge_file_are_refused()
    {
        Should.Throw<ModelFileException>(() => NllbConfig.Read(_folder.Path));
        File.WriteAllText(_folder.File("config.json"), new string(' ', 2 << 20));
        Should.Throw<ModelFileException>(() => NllbConfig.Read(_folder.Path));
        File.Delete(_folder.File("config.json"));
        Directory.CreateDirectory(_folder.File("config.json"));
        Should.Throw<ModelFileException>(() => NllbConfig.Read(_folder.Path));
    }

    [Fact]
    public void Mutations_of_a_configuration_are_read_or_refused_with_the_one_exception()
    {
        var original = File.ReadAllBytes(Checkout.Path("shared/models/nano-nllb/config.json"));
        var random = new Random(1);
        var read = 0;
        for (var round = 0; round < 2000; round++)
        {
            var bytes = original[..(random.Next(10) == 0 ? random.Next(original.Length) : original.Length)];
            for (var change = random.Next(1, 4); change > 0 && bytes.Length > 0; change--)
                bytes[random.Next(bytes.Length)] = (byte)(
                    random.Next(2) == 0 ? random.Next(256) : "0123456789-e\"{}[],:\\"[random.Next(20)]);
            File.WriteAllBytes(_folder.File("config.json"), bytes);
            try
            {
                NllbConfig.Read(_folder.Path);
                read++;
            }
            catch (ModelFileException)
            {
            }
        }

        read.ShouldBeInRange(1, 1999);
    }

    /// <summary>As Hugging Face has it.</summary>
    private static JsonObject Published(int vocabulary, int state, int layers, int heads, int hidden)
    {
        var config = JsonNode.Parse(File.ReadAllText(Checkout.Path("shared/models/nano-nllb/config.json")))!.AsObject();
        config.Remove("served_languages");
        config["vocab_size"] = vocabulary;
        config["d_model"] = state;
        config["num_hidden_layers"] = layers;
        foreach (var side in (string[])["encoder", "decoder"])
        {
            config[$"{side}_layers"] = layers;
            config[$"{side}_attention_heads"] = heads;
            config[$"{side}_ffn_dim"] = hidden;
        }

        return config;
    }

    private void Write(JsonObject config) => File.WriteAllText(_folder.File("config.json"), config.ToJsonString());
}
