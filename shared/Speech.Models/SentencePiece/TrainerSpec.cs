using System.Text;
using Speech.Tensors;

namespace Speech.Models.SentencePiece;

/// <summary>What a model's training left in its file that matters for using it.</summary>
public sealed record TrainerSpec
{
    private const int MaximumSurfaceLength = 256;

    public ModelType ModelType { get; init; } = ModelType.Unigram;

    /// <summary>The dummy blank goes to the text's end instead of its start.</summary>
    public bool TreatWhitespaceAsSuffix { get; init; }

    /// <summary>Text that no piece has becomes pieces of single bytes.</summary>
    public bool ByteFallback { get; init; }

    /// <summary>What the unknown piece reads as.</summary>
    public string UnknownSurface { get; init; } = " \u2047 ";

    internal static TrainerSpec Read(ProtobufReader message, string path)
    {
        var spec = new TrainerSpec();
        while (message.TryReadField(out var number, out var wireType))
        {
            switch (number, wireType)
            {
                case (3, ProtobufReader.Varint):
                    spec = spec with { ModelType = ReadModelType(message.ReadVarint(), path) };
                    break;
                case (24, ProtobufReader.Varint):
                    spec = spec with { TreatWhitespaceAsSuffix = message.ReadBoolean() };
                    break;
                case (35, ProtobufReader.Varint):
                    spec = spec with { ByteFallback = message.ReadBoolean() };
                    break;
                case (44, ProtobufReader.LengthDelimited):
                    var surface = message.ReadBytes();
                    if (surface.Length > MaximumSurfaceLength)
                        throw new ModelFileException(path, $"its text for unknown pieces has {surface.Length} bytes, at most {MaximumSurfaceLength} are expected; it is damaged, download it again.");
                    spec = spec with { UnknownSurface = Encoding.UTF8.GetString(surface) };
                    break;
                default:
                    message.Skip(wireType);
                    break;
            }
        }

        return spec;
    }

    private static ModelType ReadModelType(ulong value, string path) => value switch
    {
        1 => ModelType.Unigram,
        2 => ModelType.Bpe,
        3 => throw new ModelFileException(path, "it divides text into words; only unigram and BPE models can be used."),
        4 => throw new ModelFileException(path, "it divides text into characters; only unigram and BPE models can be used."),
        _ => throw new ModelFileException(path, $"its model type {value} is unknown; only unigram (1) and BPE (2) models can be used."),
    };
}
