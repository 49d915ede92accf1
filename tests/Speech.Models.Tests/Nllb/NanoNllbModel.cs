using System.Text.Json;
using Speech.Models.Nllb;
using Speech.Tensors;
using Speech.Tensors.Cpu;

namespace Speech.Models.Tests.Nllb;

/// <summary>
/// The built-in translation model, loaded once for all tests that use it; they take turns, as it serves one caller at a time.
/// </summary>
public sealed class NanoNllbModel : IDisposable
{
    private static readonly JsonSerializerOptions JsonOptions = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public NanoNllbModel()
    {
        Model = NllbModel.Load(NanoNllb.Folder, Device, WeightFormat.Single);
        Engine = new NllbEngine(Model, sequences: 32);
    }

    public CpuDevice Device { get; } = new();

    public NllbModel Model { get; }

    public NllbEngine Engine { get; }

    /// <summary>The sentences of a reference file, in its order.</summary>
    public static IReadOnlyList<ReferenceTranslation> References(string fileName) =>
        [.. File.ReadLines(Checkout.Path($"tests/references/{fileName}"))
            .Select(line => JsonSerializer.Deserialize<ReferenceTranslation>(line, JsonOptions)!)];

    public void Dispose()
    {
        Engine.Dispose();
        Model.Dispose();
        Device.Dispose();
    }
}

/// <summary>A line of a reference file, computed with PyTorch.</summary>
public sealed record ReferenceTranslation(
    string SrcLang,
    string TgtLang,
    string Src,
    int[] SrcIds,
    int[] GreedyIds,
    string GreedyText,
    double GreedySumLogprob,
    [property: System.Text.Json.Serialization.JsonPropertyName("beam4_ids")] int[] BeamIds,
    [property: System.Text.Json.Serialization.JsonPropertyName("beam4_text")] string BeamText,
    [property: System.Text.Json.Serialization.JsonPropertyName("beam4_score")] double BeamScore,
    float[]? GreedyStepLogprobs,
    float[]? EncoderFirstPosition,
    float[]? EncoderLastPosition);

[CollectionDefinition(nameof(NanoNllbModel))]
public sealed class NanoNllbModelCollection : ICollectionFixture<NanoNllbModel>;
