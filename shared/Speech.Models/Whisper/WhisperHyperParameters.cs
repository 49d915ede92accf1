using Speech.Models.Transformer;
using Speech.Tensors;
using Speech.Tensors.Ggml;

namespace Speech.Models.Whisper;

/// <summary>
/// The eleven numbers at the head of a Whisper ggml file, in the file's order. A head has 64 dimensions in every Whisper.
/// </summary>
public readonly record struct WhisperHyperParameters(
    int VocabularySize,
    int AudioContext,
    int AudioState,
    int AudioHeads,
    int AudioLayers,
    int TextContext,
    int TextState,
    int TextHeads,
    int TextLayers,
    int MelCount,
    int FileType)
{
    public const int HeadSize = 64;

    /// <summary>English-only models lack one token; the large-v3 family has one language more.</summary>
    public bool IsMultilingual => VocabularySize >= 51865;

    /// <summary>Tensors of a complete file.</summary>
    public int TensorCount => 11 + 15 * AudioLayers + 24 * TextLayers;

    internal TransformerShape Encoder => new(AudioLayers, AudioState, AudioHeads, AudioContext);

    /// <summary>Half a minute of audio is most of what a token reads.</summary>
    internal TransformerShape Decoder => new(TextLayers, TextState, TextHeads, TextContext, Memories: CacheFormat.Int8);

    internal static WhisperHyperParameters Read(GgmlReader reader)
    {
        var parameters = new WhisperHyperParameters(
            VocabularySize: reader.ReadInt32("n_vocab", 51864, 51866),
            AudioContext: reader.ReadInt32("n_audio_ctx", 1, 1500),
            AudioState: reader.ReadInt32("n_audio_state", HeadSize, 4096),
            AudioHeads: reader.ReadInt32("n_audio_head", 1, 64),
            AudioLayers: reader.ReadInt32("n_audio_layer", 1, 64),
            TextContext: reader.ReadInt32("n_text_ctx", 1, 448),
            TextState: reader.ReadInt32("n_text_state", HeadSize, 4096),
            TextHeads: reader.ReadInt32("n_text_head", 1, 64),
            TextLayers: reader.ReadInt32("n_text_layer", 1, 64),
            MelCount: reader.ReadInt32("n_mels", 80, 128),
            FileType: reader.ReadInt32("ftype", 0, 9999));

        if (parameters.MelCount is not (80 or 128))
            throw reader.Error($"n_mels is {parameters.MelCount}, expected 80 or 128; the file is damaged or not a Whisper model.");
        if (parameters.AudioState != parameters.TextState)
        {
            throw reader.Error(
                $"n_audio_state {parameters.AudioState} and n_text_state {parameters.TextState} differ; "
                + "the file is damaged or not a Whisper model.");
        }

        if (parameters.AudioHeads * HeadSize != parameters.AudioState || parameters.TextHeads * HeadSize != parameters.TextState)
        {
            throw reader.Error(
                $"{parameters.AudioHeads} and {parameters.TextHeads} heads of {HeadSize} do not make a state of {parameters.AudioState}; "
                + "the file is damaged or not a Whisper model.");
        }

        // Thousands are the quantiser's version; the rest is the type of most weights.
        if ((parameters.FileType % 1000) is not (0 or 1 or 2 or 3 or 7 or 8 or 9))
            throw reader.Error($"ftype {parameters.FileType} is not supported; convert the model to f16, q8_0, q5_0, q5_1, q4_0 or q4_1.");
        return parameters;
    }
}
