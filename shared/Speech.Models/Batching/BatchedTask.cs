using Speech.Models.Transformer;
using Speech.Tensors;

namespace Speech.Models.Batching;

/// <summary>One request under way. It owns no loop: the batch asks it for its rows of the next step and hands back their logits.</summary>
/// <param name="memory">Where its source is encoded to.</param>
/// <param name="states">One for each of its hypotheses.</param>
internal abstract class BatchedTask<TRequest, TResult>(TRequest request, EncoderMemory memory, DecoderState[] states)
{
    public TRequest Request { get; } = request;

    public EncoderMemory Memory { get; } = memory;

    public DecoderState[] States { get; } = states;

    /// <summary>Whether something is to be encoded before it can go on.</summary>
    public abstract bool NeedsEncoding { get; }

    /// <summary>Encoder positions of what is to be encoded.</summary>
    public abstract int EncoderPositions { get; }

    /// <summary>The least rows that its next step needs.</summary>
    public abstract int MinimumRows { get; }

    public abstract bool IsFinished { get; }

    /// <summary>Adds the rows of the next step, if it has any.</summary>
    /// <param name="room">The most rows to add; at least <see cref="MinimumRows"/>.</param>
    public abstract void AddRows(List<DecoderRow> rows, int room);

    /// <summary>
    /// Takes the logits of the rows added last. Called for several tasks at once, on the device's threads: it touches only what is its own,
    /// and not the model.
    /// </summary>
    /// <param name="logits">Of the whole step.</param>
    /// <param name="row">The first of this task's rows among them.</param>
    public abstract void Accept(TensorView logits, int row);

    /// <summary>After a step, for what is to be done between steps. May use the model.</summary>
    public abstract void Advance();

    /// <summary>When finished.</summary>
    public abstract TResult Result();

    /// <summary>Gives back memory of its own; the encoder's and the states are the batch's.</summary>
    public virtual void Release()
    {
    }
}
