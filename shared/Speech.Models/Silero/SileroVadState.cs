namespace Speech.Models.Silero;

/// <summary>What the detector remembers of one stream: the LSTM's state and the end of the previous window. One thread at a time.</summary>
public sealed class SileroVadState
{
    internal float[] Hidden { get; } = new float[SileroVad.HiddenSize];

    internal float[] Cell { get; } = new float[SileroVad.HiddenSize];

    internal float[] Context { get; } = new float[SileroVad.ContextLength];

    /// <summary>Back to the beginning of a stream.</summary>
    public void Reset()
    {
        Array.Clear(Hidden);
        Array.Clear(Cell);
        Array.Clear(Context);
    }
}
