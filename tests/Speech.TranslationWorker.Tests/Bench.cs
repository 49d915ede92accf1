using Microsoft.Extensions.Logging.Abstractions;
using Speech.Contracts.Jobs;
using Speech.Contracts.Server;
using Speech.Contracts.Sessions;
using Speech.Delivery;
using Speech.Delivery.Jobs;
using Speech.Hosting.Metrics;
using Speech.Redis;
using Speech.TranslationWorker.Jobs;
using Speech.Workers.Model;

namespace Speech.TranslationWorker.Tests;

/// <summary>A gateway's and an STT worker's side of the jobs, and translation workers.</summary>
internal sealed class Bench : WorkerBench
{
    private readonly JobCompletion _completion;

    private Bench(RedisServer server) : base(server, JobStream.Translations) =>
        _completion = new JobCompletion(
            Redis, new JobOptions(), new JobInstruments(new Instruments().Create), TimeProvider.System, NullLogger<JobCompletion>.Instance);

    public static async Task<Bench> CreateAsync() => new(await RedisServer.StartAsync());

    public Task<WorkerApp> StartWorkerAsync(string id = "t1", Func<IBatchedModel, IBatchedModel>? model = null, params string[] settings) =>
        AddAsync(WorkerApp.StartAsync(Server.Url, id, model, settings));

    public Task<WorkerProcess> StartProcessAsync(string id, params string[] settings) =>
        AddProcessAsync("Speech.TranslationWorker", id, ["--USE_STUB_TRANSLATION", "true", .. settings]);

    public Task<(int ExitCode, string[] Errors)> RunToEndAsync(string id, params string[] settings) =>
        RunToEndAsync("Speech.TranslationWorker", id, settings);

    /// <summary>
    /// A client's transcripts, segments 0.., each with the languages that it wants it in: as gateway and STT worker leave them.
    /// </summary>
    public Task SayAsync(string clientId, IReadOnlyList<string> texts, params string[] languages) =>
        SayMoreAsync(clientId, texts, firstSegment: 0, languages);

    public async Task SayMoreAsync(string clientId, IReadOnlyList<string> texts, int firstSegment, params string[] languages)
    {
        await Redis.EnsureGroupAsync(RedisKeys.AudioJobs, RedisKeys.SttWorkers, Patience);
        for (var segment = firstSegment; segment < firstSegment + texts.Count; segment++)
        {
            var text = texts[segment - firstSegment];
            var audio = new AudioJob
            {
                ClientId = clientId,
                Segment = segment,
                Kind = AudioJobKind.Final,
                Start = segment,
                End = segment + 1,
                CreatedAt = DateTimeOffset.UtcNow,
                Audio = new byte[2],
            };
            await Queue.EnqueueAsync(audio, segment + 1, lastSeq: 0, Patience);
            var entry = (await Redis.StreamReadGroupAsync(RedisKeys.AudioJobs, RedisKeys.SttWorkers, "stt", 1, cancellationToken: Patience))
                .Single();
            await _completion.FinishAsync(
                new JobEntry(JobStream.Audio, entry.StreamId, clientId),
                new Transcript(0, segment, segment, segment + 1, text, "en", 1, Translations: languages),
                [.. languages.Select(language => FollowingTranslation.Of(Job(clientId, segment, text, language)))],
                Patience);
        }
    }

    public static TranslationJob Job(string clientId, int segment, string text, string language, string source = "en") => new()
    {
        ClientId = clientId,
        Segment = segment,
        Text = text,
        SourceLanguage = source,
        Language = language,
        CreatedAt = DateTimeOffset.UtcNow,
    };

    /// <summary>A job that no transcript stands behind.</summary>
    public Task AddAsync(TranslationJob job) => Redis.StreamAddAsync(
        RedisKeys.TranslationJobs,
        [new("client_id", job.ClientId), new("segment", job.Segment), new("language", job.Language), new("job", job.ToArray())],
        cancellationToken: Patience);

    /// <summary>Waits for so many results besides transcripts, and returns all that there are.</summary>
    public async Task<IReadOnlyList<FinalResult>> ResultsAsync(string clientId, int count)
    {
        FinalResult[] results = [];
        await Eventually.TrueAsync(() => Eventually.ConnectedAsync(async () =>
        {
            var all = await History.ReadAfterAsync(clientId, 0, Patience).ToListAsync(Patience);
            results = [.. all.Select(envelope => envelope.Result).OfType<FinalResult>().Where(result => result is not Transcript)];
            return results.Length >= count;
        }));
        return results;
    }

    /// <summary>Checks that a client has every translation, each once, and in segment order in each language.</summary>
    public async Task ShouldHaveReadAsync(string clientId, IReadOnlyList<string> texts, params string[] languages)
    {
        var results = await ResultsAsync(clientId, texts.Count * languages.Length);
        results.Count.ShouldBe(texts.Count * languages.Length);
        foreach (var language in languages)
        {
            results.Cast<Translation>().Where(translation => translation.Language == language)
                .Select(translation => (translation.Segment, translation.Text))
                .ShouldBe(texts.Select((text, segment) => (segment, $"[{language}] {text}")));
        }
    }

    public async Task ShouldBeIdleAsync()
    {
        await Eventually.TrueAsync(async () => await Redis.StreamLengthAsync(RedisKeys.TranslationJobs, Patience) == 0);
        (await PendingAsync()).ShouldBeEmpty();
    }
}
