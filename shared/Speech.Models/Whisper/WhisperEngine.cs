using Speech.Models.Batching;
using Speech.Models.Transformer;
using Speech.Models.Whisper.Decoding;

namespace Speech.Models.Whisper;

/// <summary>Transcribes many recordings at once: see <see cref="ContinuousBatch{TRequest, TResult}"/>.</summary>
public sealed class WhisperEngine : ContinuousBatch<TranscriptionRequest, Transcription>
{
    private readonly WhisperModel _model;
    private readonly DecodingRules _rules;

    /// <param name="sequences">The most sequences decoded at once.</param>
    public WhisperEngine(WhisperModel model, int sequences = 8)
        : base(model, sequences)
    {
        _model = model;
        _rules = new DecodingRules(model);
    }

    /// <summary>Transcribes all requests, as many at once as there are sequences for, and returns the results in their order.</summary>
    public IReadOnlyList<Transcription> Transcribe(
        IReadOnlyList<TranscriptionRequest> requests, CancellationToken cancellationToken = default) =>
        Run(requests, cancellationToken);

    private protected override int HypothesesOf(TranscriptionRequest request) => request.Options.Hypotheses;

    private protected override void Validate(TranscriptionRequest request)
    {
        var options = request.Options;
        options.Validate();
        if (_model.Tokenizer.IsMultilingual && options.Language is { } language)
            _model.Tokenizer.LanguageToken(language);
        if (!_model.Tokenizer.IsMultilingual && options.Task == WhisperTask.Translate)
            throw new ArgumentException("An English-only model cannot translate; use a multilingual one.", nameof(request));
    }

    private protected override BatchedTask<TranscriptionRequest, Transcription> NewTask(
        TranscriptionRequest request, EncoderMemory memory, DecoderState[] states) =>
        new TranscriptionTask(request, _model, _rules, memory, states);

    private protected override void Encode(IReadOnlyList<BatchedTask<TranscriptionRequest, Transcription>> tasks)
    {
        _model.Encode([.. tasks.Select(task => ((TranscriptionTask)task).BeginWindow())], [.. tasks.Select(task => task.Memory)]);
        foreach (var task in tasks)
            ((TranscriptionTask)task).BeginDecoding();
    }
}
