using Speech.Audio.Pcm;
using Speech.Catalog;
using Speech.Contracts.Jobs;
using Speech.Contracts.Languages;
using Speech.Contracts.Sessions;
using Speech.Models.Whisper;
using Speech.SttWorker.Jobs;
using Speech.SttWorker.Settings;
using Speech.Tensors.Cpu;
using Speech.Workers.Model;

namespace Speech.SttWorker.Engine;

/// <summary>
/// A Whisper model with its device and its batch. With TRANSLATE_VIA=whisper, a segment that is wanted in English and was not spoken in it
/// goes through the model a second time, in the same place.
/// </summary>
internal sealed class WhisperTranscriber : IBatchedModel
{
    // Of a decoder step, besides one for each sequence.
    private const int PromptRows = 32;

    private readonly SttWorkerSettings _settings;
    private readonly CpuDevice _device;
    private readonly WhisperModel _model;
    private readonly Dictionary<TranscriptionRequest, SpeechJob> _jobs = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<SpeechJob, Transcription> _heard = []; // of the jobs that are being translated
    private readonly List<(TranscriptionRequest Request, Transcription Transcription)> _finished = [];
    private readonly float[] _samples = new float[AudioJob.MaxAudioSeconds * AudioJob.SampleRate]; // of the job being admitted
    private readonly WhisperEngine _engine;

    private WhisperTranscriber(SttWorkerSettings settings, CpuDevice device, WhisperModel model)
    {
        _settings = settings;
        _device = device;
        _model = model;
        _engine = new WhisperEngine(model, settings.Sequences);
        Languages = model.Tokenizer.Languages;
    }

    public string Device => $"cpu {_device.Level.ToString().ToLowerInvariant()} x{_device.Threads}";

    public int Slots => _engine.Sequences / Options(language: null, prompt: null, words: false).Hypotheses;

    public IReadOnlyList<string> Languages { get; }

    /// <summary>
    /// Loads the model and lets it transcribe a second of silence, so that the first job finds everything compiled and in memory.
    /// </summary>
    public static WhisperTranscriber Load(WhisperModelFile file, SttWorkerSettings settings)
    {
        var device = new CpuDevice(settings.Threads);
        try
        {
            var model = WhisperModel.Load(
                file.Path, device, file.TrainedForShortContext, file.TakesPrompts, settings.Sequences + PromptRows);
            var transcriber = new WhisperTranscriber(settings, device, model);
            transcriber._engine.Transcribe([new TranscriptionRequest(
                new float[AudioJob.SampleRate]) { Options = transcriber.Options("en", prompt: null, words: false) }]);
            return transcriber;
        }
        catch
        {
            device.Dispose();
            throw;
        }
    }

    /// <summary>Whether TRANSLATE_VIA=whisper asks for what this model cannot do.</summary>
    public bool LacksTranslation => _settings.TranslateVia == TranslateVia.Whisper && !_model.Tokenizer.IsMultilingual;

    /// <summary>
    /// A language that the model does not know is not insisted on: it is found out, or English where the model knows no other.
    /// </summary>
    public void Admit(ModelJob job)
    {
        var speech = (SpeechJob)job;
        Admit(speech, WhisperTask.Transcribe, speech.Audio.Language is { } language && Languages.Contains(language) ? language : null);
    }

    public void Step(ICollection<Finished> finished)
    {
        _finished.Clear();
        _engine.Step(_finished);
        foreach (var (request, transcription) in _finished)
        {
            _jobs.Remove(request, out var job);
            if (_heard.Remove(job!, out var heard))
            {
                finished.Add(new Transcribed(job!, heard, transcription.Text.Trim()));
            }
            else if (WantsEnglish(job!, transcription))
            {
                _heard.Add(job!, transcription);
                Admit(job!, WhisperTask.Translate, transcription.Language);
            }
            else
            {
                finished.Add(new Transcribed(job!, transcription));
            }
        }
    }

    public void Abandon(ModelJob job)
    {
        var request = _jobs.First(pair => pair.Value == job).Key;
        _engine.Abandon(request);
        _jobs.Remove(request);
    }

    public void Reset()
    {
        _jobs.Clear();
        _heard.Clear();
        _engine.Reset();
    }

    public void Dispose()
    {
        _engine.Dispose();
        _model.Dispose();
        _device.Dispose();
    }

    private bool WantsEnglish(SpeechJob job, Transcription transcription) =>
        _settings.TranslateVia == TranslateVia.Whisper && _model.Tokenizer.IsMultilingual && job is FinalJob
        && transcription.Language != "en" && !string.IsNullOrWhiteSpace(transcription.Text)
        && job.Audio.Translate.Any(language => TranslationLanguages.ToNllbCode(language) == Following.English);

    private void Admit(SpeechJob job, WhisperTask task, string? language)
    {
        var pcm = job.Audio.Audio.Span;
        var count = pcm.Length / SampleFormat.S16.BytesPerSample();
        PcmConverter.ToFloat(SampleFormat.S16, pcm, _samples.AsSpan(0, count));
        var request = new TranscriptionRequest(_samples.AsMemory(0, count))
        {
            Options = Options(
                language, job.Audio.Prompt, task == WhisperTask.Transcribe && job is FinalJob && job.Audio.Words) with
            { Task = task },
        };
        _engine.Admit(request);
        _jobs.Add(request, job);
    }

    private DecodingOptions Options(string? language, string? prompt, bool words) =>
        new()
        {
            Language = language,
            Prompt = prompt,
            AudioContext = _settings.AudioContext,
            WordTimestamps = words,
            Temperatures = _settings.Temperatures,
            BeamSize = _settings.BeamSize,
        };
}
