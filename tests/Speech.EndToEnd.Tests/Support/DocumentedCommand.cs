namespace Speech.EndToEnd.Tests.Support;

/// <summary>How a command that the documentation shows is tried.</summary>
/// <param name="Text">As it stands there.</param>
/// <param name="Run">
/// What is run for it in a shell: the same with addresses, folders and durations of the test's own. {gateway}, {redis}, {folder} and
/// {checkout} stand for those. Null: not here.
/// </param>
/// <param name="Says">A regular expression for what comes of it; where it is not run here, what runs it.</param>
/// <param name="ExitCode">What it must end with.</param>
public sealed record DocumentedCommand(string Text, string? Run, string Says, int ExitCode = 0)
{
    private const string Up = "timeout --signal INT 8 ./speech up --port 0 --data-dir {folder}/run --logs {folder}/logs";

    /// <summary>All that there are.</summary>
    public static IReadOnlyList<DocumentedCommand> All { get; } =
    [
        Elsewhere("git clone <this repository> speech && cd speech", ".ci/run, on a clean clone"),
        Short("./speech demo", "./speech demo --fast", "word error"),
        Elsewhere("./speech up", "the next, which is longer"),
        new("MODEL_SIZE=base.en ./speech up", $"MODEL_SIZE=nano.en {Up}", "gateway-1 is ready", ExitCode: 124),
        new("./speech up --stt-workers 4 --translation-workers 2 --gateways 2",
            $"{Up} --stt-workers 4 --translation-workers 2 --gateways 2", "gateway-2 is ready", ExitCode: 124),
        Elsewhere("./speech up --docker", "tests/docker/quick_start, by docker-compose"),

        // Words of the first recording; its text is the model's matter.
        new("./speech transcribe talk.wav", "./speech transcribe --url {gateway} {folder}/talk.wav", "[a-z]{3}"),
        Elsewhere("./speech transcribe", "the one before, with a recording"),
        new("arecord -q -f S16_LE -r 16000 -t wav | ./speech transcribe -",
            "cat {folder}/talk.wav | ./speech transcribe --url {gateway} -", "[a-z]{3}"),
        new("./speech decode talk.wav", "./speech decode {folder}/talk.wav", "[a-z]{3}"),
        new("./speech decode talk.wav --json", "./speech decode {folder}/talk.wav --json", "\"logprobs\":"),
        Same("./speech translate --from en --to fr \"it costs twenty one euros\"", "euros"),

        new("./speech models list", "./speech models list --model-dir {folder}", "nano.en"),
        new("./speech models pull base.en", "./speech models pull base.en --model-dir {folder} --offline", "MODEL_OFFLINE|offline",
            ExitCode: 1),
        new("./speech models verify", "./speech models verify --model-dir {folder}", "nano.en|nothing|no model"),

        new("./speech dead list", "./speech dead list --redis-url {redis}", "17600"),
        new("./speech dead show 17600 --wav it.wav", "./speech dead show 17600 --redis-url {redis} --wav {folder}/it.wav", "17600"),
        new("./speech dead retry 17600", "./speech dead retry 17600 --redis-url {redis}", "back on audio_jobs"),
        new("./speech dead drop 17600", "./speech dead drop 17600 --redis-url {redis}", "deleted"),
        Elsewhere("./speech dead", "those above"),
        Elsewhere("./speech dead retry", "the one with an id"),

        Elsewhere("./speech test", ".ci/run"),
        Elsewhere("./speech test --docker", ".ci/run"),
        Elsewhere("./speech test Speech.Redis.Tests", "people, many times a day"),
        Elsewhere("./speech test --fast", "people, many times a day"),
        Elsewhere("dotnet restore Speech.sln --force-evaluate", "the locked restore of .ci/run, which fails when it was forgotten"),

        Short("./speech chaos --minutes 30 --seed 1", "./speech chaos --minutes 0.1 --seed 1 --clients 1", "faults"),
        Parsed("./speech chaos --minutes 30 --seed 1 --clients 6 --translation-workers 1"),
        Elsewhere("./speech chaos --docker --minutes 5", "tests/docker/quick_start"),
        Elsewhere("./speech chaos --docker --minutes 4 --seed 7", "tests/docker/quick_start"),
        Elsewhere("./speech chaos --docker", "tests/docker/quick_start"),
        new("./speech chaos --url wss://HOST/ws", "./speech chaos --url {gateway} --minutes 0.1 --clients 1", "faults"),

        Short("./speech bench clients --clients 12 --seconds 60 --gateways 3", "./speech bench clients --clients 2 --seconds 5", "p95"),
        Parsed("./speech bench clients --clients 100 --seconds 30"),
        Short("./speech bench fairness --seconds 20", "./speech bench fairness --seconds 10 --clients 1 --flooders 2 || true",
            "in the flood"),
        Same("./speech bench vad", "%"),
        Short("./speech bench silence", "./speech bench silence --clips 10 --offline", "clips without speech"),
        Short("./speech bench redis", "./speech bench redis --requests 2000 --rounds 1", "XADD"),
        Parsed("./speech bench kernels"),
        Parsed("./speech bench translation"),
        Parsed("./speech bench soak --minutes 30"),
        Short("./speech bench whisper --model FILE", "./speech bench whisper --model nano.en", "batch 8"),
    ];

    private static DocumentedCommand Same(string text, string says) => new(text, text, says);

    /// <summary>The same with less to do.</summary>
    private static DocumentedCommand Short(string text, string run, string says) => new(text, run, says);

    /// <summary>Takes minutes: only that its options are there is tried (--help beside one that is unknown is an error).</summary>
    private static DocumentedCommand Parsed(string text) => new(text, $"{text} --help", "Usage:");

    private static DocumentedCommand Elsewhere(string text, string runner) => new(text, null, runner);
}
