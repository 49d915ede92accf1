using Speech.Models.Whisper;

namespace Speech.Lab.Bench;

/// <summary>The arithmetic and the memory traffic that Whisper cannot do without.</summary>
/// <param name="decoderWeightBytes">Of the weights that every decoder step reads, as stored.</param>
/// <param name="audioBytes">Of one sequence's keys and values of 30 s, as stored.</param>
internal readonly struct WhisperCosts(WhisperHyperParameters p, long decoderWeightBytes, long audioBytes)
{
    private const int KeyAndValue = 2;

    private double State => p.AudioState;

    /// <summary>
    /// Floating-point operations of the encoder at <paramref name="context"/> positions: convolutions, projections, attention, dense
    /// layers.
    /// </summary>
    public double EncodeFlop(int context)
    {
        var convolutions = (2.0 * context * 3 * p.MelCount * State) + (context * 3 * State * State);
        var block = (12 * State * State * context) + (2 * State * context * context);
        return 2 * (convolutions + (p.AudioLayers * block));
    }

    /// <summary>
    /// Floating-point operations of a decoder step: projections of self and cross attention, dense layers, attention over the audio,
    /// logits.
    /// </summary>
    public double StepFlop(int batch)
    {
        var block = (14 * State * State) + (KeyAndValue * State * p.AudioContext);
        return 2.0 * batch * ((p.TextLayers * block) + (p.VocabularySize * State));
    }

    /// <summary>Bytes that a decoder step reads: the weights once, and each sequence's audio keys and values.</summary>
    public double StepBytes(int batch) => decoderWeightBytes + ((double)batch * audioBytes);
}
