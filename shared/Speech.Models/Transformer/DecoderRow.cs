namespace Speech.Models.Transformer;

/// <summary>One token that enters the decoder in a step, of whichever sequence.</summary>
/// <param name="Memory">What its sequence is a transcript or translation of.</param>
/// <param name="State">Its sequence; its position is the sequence's length so far.</param>
/// <param name="Token">The token.</param>
/// <param name="WantLogits">Whether the next token's logits are asked for: not for the middle of a prompt.</param>
public readonly record struct DecoderRow(EncoderMemory Memory, DecoderState State, int Token, bool WantLogits);
