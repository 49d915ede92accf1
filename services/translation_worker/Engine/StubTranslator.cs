using Speech.Contracts.Languages;
using Speech.Contracts.Server;
using Speech.TranslationWorker.Jobs;
using Speech.Workers.Model;

namespace Speech.TranslationWorker.Engine;

/// <summary>For trying out everything but translation: "[fr] the text", at once, marked as what it is.</summary>
internal sealed class StubTranslator(int slots) : IBatchedModel
{
    private readonly List<TextJob> _jobs = [];

    public string Device => "none";

    public int Slots => slots;

    public IReadOnlyList<string> Languages => TranslationLanguages.NllbCodes;

    public void Admit(ModelJob job) => _jobs.Add((TextJob)job);

    public void Step(ICollection<Finished> finished)
    {
        foreach (var text in _jobs)
            finished.Add(new Translated(
                text, text.Job.Text.Length == 0 ? "" : $"[{text.Job.Language}] {text.Job.Text}", Contracts.Server.Translation.Stub));
        _jobs.Clear();
    }

    public void Abandon(ModelJob job) => _jobs.Remove((TextJob)job);

    public void Reset() => _jobs.Clear();

    public void Dispose()
    {
    }
}
