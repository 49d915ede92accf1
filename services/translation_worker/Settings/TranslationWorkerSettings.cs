using Speech.Catalog;
using Speech.Hosting.Settings;
using Speech.Models.Nllb;
using Speech.Tensors;
using Speech.TranslationWorker.Jobs;
using Speech.Workers;

namespace Speech.TranslationWorker.Settings;

internal sealed record TranslationWorkerSettings
{
    /// <summary>Among them TRANSLATION_MODEL: a name or the folder of a model.</summary>
    public required WorkerSettings Worker { get; init; }

    /// <summary>
    /// TRANSLATION_MAX_BATCH_SIZE: the most sequences decoded side by side; a sentence takes one, or as many as there are beams.
    /// </summary>
    public int Sequences { get; init; } = 16;

    /// <summary>USE_STUB_TRANSLATION: no model, and a text that says so.</summary>
    public bool UseStub { get; init; }

    /// <summary>TRANSLATION_DTYPE: how the weights are kept; null: by the memory of this machine.</summary>
    public WeightFormat? Format { get; init; }

    /// <summary>TRANSLATION_BEAM_SIZE: 1 takes the most probable token each time; more search, at a multiple of the cost.</summary>
    public int BeamSize { get; init; } = 1;

    /// <summary>THREADS: of the model; 0: one per core.</summary>
    public int Threads { get; init; }

    public static TranslationWorkerSettings From(EnvironmentSettings settings)
    {
        var isStub = settings.GetBool("USE_STUB_TRANSLATION", false);
        var model = settings.GetString("TRANSLATION_MODEL", TranslationCatalog.BuiltIn);
        var sequences = settings.GetInt("TRANSLATION_MAX_BATCH_SIZE", 16, min: 1, max: 256);
        var beams = settings.GetInt("TRANSLATION_BEAM_SIZE", 1, min: 1, max: TranslationOptions.MaximumBeams);
        WorkerSettings.CheckBatch(settings, "TRANSLATION_MAX_BATCH_SIZE", sequences, "TRANSLATION_BEAM_SIZE", beams);
        return new TranslationWorkerSettings
        {
            Worker = WorkerSettings.From(settings, TranslationJobs.Role, "TRANSLATION_MODEL", isStub ? "stub" : model),
            Sequences = sequences,
            UseStub = isStub,
            Format = ReadFormat(settings),
            BeamSize = beams,
            Threads = settings.GetInt("THREADS", 0, min: 0, max: 1024),
        };
    }

    private static WeightFormat? ReadFormat(EnvironmentSettings settings)
    {
        var text = settings.GetString("TRANSLATION_DTYPE", "auto");
        switch (text)
        {
            case "auto":
                return null;
            case "f32":
                return WeightFormat.Single;
            case "f16":
                return WeightFormat.Half;
            case "int8":
                return WeightFormat.Int8Rows;
            default:
                settings.Report("TRANSLATION_DTYPE", text, "auto, f32, f16 and int8");
                return null;
        }
    }
}
