using Speech.Models.Batching;
using Speech.Models.Transformer;

namespace Speech.Models.Nllb;

/// <summary>Translates many texts at once, between any languages: see <see cref="ContinuousBatch{TRequest, TResult}"/>.</summary>
public sealed class NllbEngine : ContinuousBatch<TranslationRequest, TranslatedText>
{
    private readonly NllbModel _model;

    /// <param name="sequences">The most sequences decoded at once.</param>
    public NllbEngine(NllbModel model, int sequences = 8)
        : base(model, sequences) => _model = model;

    /// <summary>Translates all requests, as many at once as there are sequences for, and returns the results in their order.</summary>
    public IReadOnlyList<TranslatedText> Translate(
        IReadOnlyList<TranslationRequest> requests, CancellationToken cancellationToken = default) =>
        Run(requests, cancellationToken);

    private protected override int HypothesesOf(TranslationRequest request) => request.Options.BeamSize;

    // A request is checked when it is made.
    private protected override void Validate(TranslationRequest request)
    {
    }

    private protected override BatchedTask<TranslationRequest, TranslatedText> NewTask(
        TranslationRequest request, EncoderMemory memory, DecoderState[] states) =>
        new TranslationTask(request, _model, memory, states);

    private protected override void Encode(IReadOnlyList<BatchedTask<TranslationRequest, TranslatedText>> tasks)
    {
        _model.Encode([.. tasks.Select(task => task.Request)], [.. tasks.Select(task => task.Memory)]);
        foreach (var task in tasks)
            ((TranslationTask)task).Encoded();
    }
}
