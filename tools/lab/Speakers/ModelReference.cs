using Speech.Catalog;
using Speech.Cli.Decode;
using Speech.Evaluation;
using Speech.Models.Whisper;
using Speech.Tensors.Cpu;

namespace Speech.Lab.Speakers;

/// <summary>
/// What the model makes of each recording by itself, in this process, from the file: what its errors are before network, codec and segments
/// can add any. Reads the same settings as a worker: MODEL_SIZE, MODEL_DIR, AUDIO_CONTEXT.
/// </summary>
internal sealed class ModelReference
{
    private readonly IReadOnlyDictionary<string, string> _texts;

    private ModelReference(IReadOnlyDictionary<string, string> texts) => _texts = texts;

    /// <exception cref="IOException">There is no such model.</exception>
    public static async Task<ModelReference> TranscribeAsync(IEnumerable<Utterance> utterances, CancellationToken cancellationToken)
    {
        var distinct = utterances.DistinctBy(utterance => utterance.Id).ToArray();
        var file = await ModelOptions.FindAsync(Setting("MODEL_SIZE", WhisperCatalog.BuiltIn), cancellationToken);
        if (!AudioContext.TryParse(Setting("AUDIO_CONTEXT", "auto"), out var context))
            context = AudioContext.Auto;

        using var device = new CpuDevice();
        using var model = WhisperModel.Load(file.Path, device, file.TrainedForShortContext, file.TakesPrompts);
        using var engine = new WhisperEngine(model);
        var transcriptions = engine.Transcribe(
            [.. distinct.Select(utterance => new TranscriptionRequest(utterance.Samples) { Options = new() { AudioContext = context } })],
            cancellationToken);
        return new ModelReference(distinct.Zip(transcriptions).ToDictionary(pair => pair.First.Id, pair => pair.Second.Text));
    }

    public string TextOf(Utterance utterance) => _texts[utterance.Id];

    /// <summary>The model's own errors on these utterances, each by itself.</summary>
    public WordErrorRate Errors(IEnumerable<Utterance> utterances) =>
        utterances.Aggregate(default(WordErrorRate), (sum, utterance) => sum + WordErrorRate.Of(utterance.Text, TextOf(utterance)));

    private static string Setting(string name, string standard) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : standard;
}
