using Speech.Models.Whisper;
using Speech.Tensors.Cpu;

namespace Speech.Models.Tests.Whisper;

/// <summary>The built-in model, loaded once for all tests that use it; they take turns, as it serves one caller at a time.</summary>
public sealed class NanoModel : IDisposable
{
    private readonly CpuDevice _device = new();
    private readonly Dictionary<(AudioContext, bool), Dictionary<(string Set, string Id), Transcription>> _transcriptions = [];

    public NanoModel()
    {
        Model = WhisperModel.Load(Checkout.Path("shared/models/nano.en/ggml-nano.en.bin"), _device, trainedForShortContext: true);
        Engine = new WhisperEngine(Model);
    }

    public WhisperModel Model { get; }

    public WhisperEngine Engine { get; }

    /// <summary>All recordings transcribed in one running batch; each setting is computed once.</summary>
    public Dictionary<(string Set, string Id), Transcription> Transcribe(AudioContext context, bool timestamps)
    {
        if (!_transcriptions.TryGetValue((context, timestamps), out var transcriptions))
            _transcriptions[(context, timestamps)] = transcriptions = Transcribe(Engine, context, timestamps);
        return transcriptions;
    }

    public static Dictionary<(string Set, string Id), Transcription> Transcribe(WhisperEngine engine, AudioContext context, bool timestamps)
    {
        var results = engine.Transcribe([.. Recordings.All.Select(recording =>
            new TranscriptionRequest(recording.Samples) { Options = new() { AudioContext = context, Timestamps = timestamps } })]);
        return Recordings.All.Zip(results).ToDictionary(pair => (pair.First.Set, pair.First.Id), pair => pair.Second);
    }

    public void Dispose()
    {
        Engine.Dispose();
        Model.Dispose();
        _device.Dispose();
    }
}

[CollectionDefinition(nameof(NanoModel))]
public sealed class NanoModelCollection : ICollectionFixture<NanoModel>;
