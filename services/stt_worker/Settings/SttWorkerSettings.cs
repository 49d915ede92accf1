using System.Globalization;
using Speech.Catalog;
using Speech.Hosting.Settings;
using Speech.Models.Whisper;
using Speech.SttWorker.Jobs;
using Speech.Workers;

namespace Speech.SttWorker.Settings;

internal sealed record SttWorkerSettings
{
    /// <summary>Among them MODEL_SIZE: a name of the catalogue, or the path or URL of a ggml file.</summary>
    public required WorkerSettings Worker { get; init; }

    /// <summary>MAX_BATCH_SIZE: the most sequences decoded side by side.</summary>
    public int Sequences { get; init; } = 8;

    /// <summary>AUDIO_CONTEXT: auto, full or a number of encoder positions.</summary>
    public AudioContext AudioContext { get; init; }

    /// <summary>INTERIM_TIMEOUT_MS: how old an interim may get, from its arrival in Redis to its admission to the model.</summary>
    public TimeSpan InterimTimeout { get; init; }

    /// <summary>TEMPERATURES: tried in turn until a transcript is neither repetitive nor improbable.</summary>
    public IReadOnlyList<double> Temperatures { get; init; } = [0];

    /// <summary>BEAM_SIZE: beams at temperature 0, each of which takes a sequence.</summary>
    public int BeamSize { get; init; } = 1;

    /// <summary>TRANSLATE_VIA: whisper or nllb.</summary>
    public TranslateVia TranslateVia { get; init; }

    /// <summary>THREADS: of the model; 0: one per core.</summary>
    public int Threads { get; init; }

    public static SttWorkerSettings From(EnvironmentSettings settings)
    {
        var sequences = settings.GetInt("MAX_BATCH_SIZE", 8, min: 1, max: 256);
        var beams = settings.GetInt("BEAM_SIZE", 1, min: 1, max: 16);
        WorkerSettings.CheckBatch(settings, "MAX_BATCH_SIZE", sequences, "BEAM_SIZE", beams);
        return new SttWorkerSettings
        {
            Worker = WorkerSettings.From(settings, SpeechJobs.Role, "MODEL_SIZE", settings.GetString("MODEL_SIZE", WhisperCatalog.BuiltIn)),
            Sequences = sequences,
            AudioContext = ReadAudioContext(settings),
            InterimTimeout = settings.GetMilliseconds("INTERIM_TIMEOUT_MS", 2000, min: 100, max: 60_000),
            Temperatures = ReadTemperatures(settings),
            BeamSize = beams,
            TranslateVia = ReadTranslateVia(settings),
            Threads = settings.GetInt("THREADS", 0, min: 0, max: 1024),
        };
    }

    private static List<double> ReadTemperatures(EnvironmentSettings settings)
    {
        const string Default = "0,0.4,0.8";
        var text = settings.GetString("TEMPERATURES", Default);
        var temperatures = new List<double>();
        foreach (var part in text.Split(','))
        {
            if (double.TryParse(part, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var temperature)
                && temperature <= 2)
                temperatures.Add(temperature);
            else
                settings.Report("TEMPERATURES", text, $"numbers from 0 to 2 with commas between them, such as {Default}");
        }

        return temperatures;
    }

    private static TranslateVia ReadTranslateVia(EnvironmentSettings settings)
    {
        var text = settings.GetString("TRANSLATE_VIA", "nllb");
        if (text is not ("nllb" or "whisper"))
            settings.Report("TRANSLATE_VIA", text, "nllb and whisper");
        return text == "whisper" ? TranslateVia.Whisper : TranslateVia.Nllb;
    }

    private static AudioContext ReadAudioContext(EnvironmentSettings settings)
    {
        var text = settings.GetString("AUDIO_CONTEXT", "auto");
        if (!AudioContext.TryParse(text, out var context))
            settings.Report("AUDIO_CONTEXT", text, "auto, full and numbers of encoder positions from 1 to 1500");
        return context;
    }
}
