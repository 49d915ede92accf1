using Speech.Contracts.Languages;
using Speech.Models.Nllb;
using Speech.Tensors.Cpu;
using Speech.TranslationWorker.Jobs;
using Speech.TranslationWorker.Sentences;
using Speech.TranslationWorker.Settings;
using Speech.Workers.Model;

namespace Speech.TranslationWorker.Engine;

/// <summary>
/// An NLLB or M2M100 model with its device and its batch. A job is translated sentence by sentence: the models were trained on single
/// ones. The batch takes sentences of all jobs, whatever their languages, the next always from the job that has the fewest in it, so
/// that a long text does not keep short ones waiting.
/// </summary>
internal sealed class NllbTranslator : IBatchedModel
{
    // What a sentence may have, its language's and the end included, so that a translation of half as many again fits into the 200 of
    // NLLB's own generation_config.json.
    private const int MaximumSourceTokens = 128;

    // Of a decoder step, besides one for each sequence.
    private const int ExtraRows = 16;

    private readonly TranslationOptions _options;
    private readonly CpuDevice _device;
    private readonly NllbModel _model;
    private readonly NllbEngine _engine;
    private readonly int _maximumSourceTokens;
    private readonly List<TextInProgress> _texts = [];
    private readonly Dictionary<TranslationRequest, (TextInProgress Text, int Index)> _requests = new(ReferenceEqualityComparer.Instance);
    private readonly List<(TranslationRequest Request, TranslatedText Result)> _finished = [];

    private NllbTranslator(TranslationWorkerSettings settings, CpuDevice device, NllbModel model)
    {
        _options = new TranslationOptions { BeamSize = settings.BeamSize };
        _device = device;
        _model = model;
        _engine = new NllbEngine(model, settings.Sequences);
        _maximumSourceTokens = Math.Min(MaximumSourceTokens, model.Config.MaximumPositions);
        Languages = [.. TranslationLanguages.NllbCodes.Where(code => model.FindLanguage(code) is not null)];
        Slots = _engine.Sequences / settings.BeamSize;
    }

    public string Device =>
        $"cpu {_device.Level.ToString().ToLowerInvariant()} x{_device.Threads} {_model.Format.ToString().ToLowerInvariant()}";

    /// <summary>Jobs of which each has at least one sentence in the batch.</summary>
    public int Slots { get; }

    public IReadOnlyList<string> Languages { get; }

    /// <summary>Loads the model and lets it translate a word, so that the first job finds everything compiled and in memory.</summary>
    public static NllbTranslator Load(string folder, TranslationWorkerSettings settings)
    {
        var device = new CpuDevice(settings.Threads);
        try
        {
            var model = NllbModel.Load(folder, device, settings.Format, settings.Sequences + ExtraRows);
            var languages = model.Languages;
            var translator = new NllbTranslator(settings, device, model);
            translator._engine.Translate([model.Prepare("one", languages[0], languages[^1], translator._options)]);
            return translator;
        }
        catch
        {
            device.Dispose();
            throw;
        }
    }

    public void Admit(ModelJob job)
    {
        var text = (TextJob)job;
        _texts.Add(new TextInProgress(
            text, text.Languages.Count == 0 ? [] : SentenceSplitter.Split(text.Job.Text, CountTokens, _maximumSourceTokens)));

        int CountTokens(string piece) => _model.Tokenizer.Encode(piece, text.Source).Length;
    }

    public void Step(ICollection<Finished> finished)
    {
        AdmitPieces();
        if (_engine.Active > 0)
            _engine.Step(_finished);
        foreach (var (request, result) in _finished)
        {
            _requests.Remove(request, out var origin);
            origin.Text.Finish(origin.Index, result.Text);
        }
        _finished.Clear();

        for (var i = _texts.Count - 1; i >= 0; i--)
        {
            var text = _texts[i];
            if (!text.IsDone)
                continue;
            _texts.RemoveAt(i);
            finished.Add(new Translated(text.Job, text.Job.Languages.Count == 0 ? text.Job.Job.Text : text.Join()));
        }
    }

    public void Abandon(ModelJob job)
    {
        var text = _texts.Find(text => text.Job == job)!;
        foreach (var request in _requests.Where(pair => pair.Value.Text == text).Select(pair => pair.Key).ToList())
        {
            _engine.Abandon(request);
            _requests.Remove(request);
        }
        _texts.Remove(text);
    }

    public void Reset()
    {
        _texts.Clear();
        _requests.Clear();
        _engine.Reset();
    }

    public void Dispose()
    {
        _engine.Dispose();
        _model.Dispose();
        _device.Dispose();
    }

    private void AdmitPieces()
    {
        while (_engine.FreeSequences >= _options.BeamSize && _texts.Where(text => text.HasMore).MinBy(text => text.Active) is { } text)
        {
            var (index, piece) = text.Begin();
            var request = _model.Prepare(piece, text.Job.Source, text.Job.Target, _options);
            _requests.Add(request, (text, index));
            _engine.Admit(request);
        }
    }
}
