using Microsoft.Extensions.Logging.Abstractions;
using Speech.Contracts;
using Speech.Hosting;
using Speech.Hosting.Workers;
using Speech.Redis;
using Speech.Redis.Tests;

namespace Speech.TranslationWorker.Tests;

/// <summary>A Redis of its own, an STT worker's side of the jobs on it, and the workers under test.</summary>
internal sealed class Bench : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> _workers = [];
    private readonly CancellationTokenSource _patience = new(TimeSpan.FromSeconds(50));
    private readonly AudioJobQueue _queue;
    private readonly JobCompletion _completion;
    private readonly HistoryReader _history;

    private Bench(RedisServer server)
    {
        var jobs = new JobOptions();
        Server = server;
        Redis = new RedisClient(RedisOptions.Parse(server.Url));
        _queue = new AudioJobQueue(Redis, jobs, TimeProvider.System, NullLogger<AudioJobQueue>.Instance);
        _completion = new JobCompletion(Redis, jobs, TimeProvider.System, NullLogger<JobCompletion>.Instance);
        _history = new HistoryReader(Redis, jobs, NullLogger<HistoryReader>.Instance);
    }

    public RedisServer Server { get; }

    public RedisClient Redis { get; }

    /// <summary>Ends a test that hangs.</summary>
    public CancellationToken Patience => _patience.Token;

    public static async Task<Bench> CreateAsync() => new(await RedisServer.StartAsync());

    public async Task<WorkerApp> StartWorkerAsync(string id = "t1", Func<IBatchedModel, IBatchedModel>? model = null, params string[] settings)
    {
        var worker = await WorkerApp.StartAsync(Server.Url, id, model, settings);
        _workers.Add(worker);
        return worker;
    }

    public async Task<WorkerProcess> StartProcessAsync(string id, params string[] settings)
    {
        var worker = WorkerProcess.Start(Server.Url, id, settings);
        _workers.Add(worker);
        await Eventually.TrueAsync(() => Redis.KeyExistsAsync(RedisKeys.Worker(id), Patience));
        return worker;
    }

    /// <summary>A client's transcripts, segments 0.., each with the languages that it wants it in: as gateway and STT worker leave them.</summary>
    public Task SayAsync(string clientId, IReadOnlyList<string> texts, params string[] languages) => SayMoreAsync(clientId, texts, firstSegment: 0, languages);

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
            await _queue.EnqueueAsync(audio, segment + 1, lastSeq: 0, Patience);
            var entry = (await Redis.StreamReadGroupAsync(RedisKeys.AudioJobs, RedisKeys.SttWorkers, "stt", 1, cancellationToken: Patience)).Single();
            await _completion.FinishAsync(
                new JobEntry(JobStream.Audio, entry.Id, clientId),
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
        [("client_id", job.ClientId), ("segment", job.Segment), ("language", job.Language), ("job", job.ToArray())],
        cancellationToken: Patience);

    /// <summary>Waits for so many results besides transcripts, and returns all that there are.</summary>
    public async Task<IReadOnlyList<FinalResult>> ResultsAsync(string clientId, int count)
    {
        FinalResult[] results = [];
        await Eventually.TrueAsync(() => Eventually.ConnectedAsync(async () =>
        {
            var all = await _history.ReadAfterAsync(clientId, 0, Patience).ToListAsync(Patience);
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
            results.Cast<Translation>().Where(translation => translation.Language == language).Select(translation => (translation.Segment, translation.Text))
                .ShouldBe(texts.Select((text, segment) => (segment, $"[{language}] {text}")));
        }
    }

    public async Task<StreamPendingEntry[]> PendingAsync() => await Redis.StreamPendingRangeAsync(
        RedisKeys.TranslationJobs, RedisKeys.TranslationWorkers, 1000, cancellationToken: Patience);

    public async Task ShouldBeIdleAsync()
    {
        await Eventually.TrueAsync(async () => await Redis.StreamLengthAsync(RedisKeys.TranslationJobs, Patience) == 0);
        (await PendingAsync()).ShouldBeEmpty();
    }

    /// <summary>A consumer that takes jobs, says nothing and is never heard of again.</summary>
    public async Task<StreamEntry[]> TakeAndVanishAsync(int count)
    {
        await Redis.EnsureGroupAsync(RedisKeys.TranslationJobs, RedisKeys.TranslationWorkers, Patience);
        return await Redis.StreamReadGroupAsync(RedisKeys.TranslationJobs, RedisKeys.TranslationWorkers, "ghost", count, cancellationToken: Patience);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var worker in _workers)
            await worker.DisposeAsync();
        await Redis.DisposeAsync();
        await Server.DisposeAsync();
        _patience.Dispose();
    }
}
