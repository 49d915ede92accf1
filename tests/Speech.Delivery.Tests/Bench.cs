using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using Speech.Contracts.Jobs;
using Speech.Contracts.Server;
using Speech.Contracts.Sessions;
using Speech.Delivery.Jobs;
using Speech.Delivery.Sessions;
using Speech.Redis;
using StackExchange.Redis;

namespace Speech.Delivery.Tests;

/// <summary>A gateway's and a worker's side of the jobs on one server, and an ear on a client's results.</summary>
internal sealed class Bench : IAsyncDisposable
{
    private readonly RedisSubscriber _subscriber;
    private readonly Channel<ResultEnvelope> _heard = Channel.CreateBounded<ResultEnvelope>(10_000);

    private Bench(RedisServer server, JobOptions options)
    {
        Redis = new RedisClient(RedisOptions.Parse(server.Url));
        _subscriber = new RedisSubscriber(Redis);
        Queue = new AudioJobQueue(Redis, options, new NoObserver(), TimeProvider.System, NullLogger<AudioJobQueue>.Instance);
        Completion = new JobCompletion(Redis, options, new NoObserver(), TimeProvider.System, NullLogger<JobCompletion>.Instance);
        Losses = new LostJobs(Redis, options, Completion);
        Sessions = new SessionStore(Redis, options);
        Holds = new SessionHolds(Redis, Queue, options, TimeProvider.System, NullLogger<SessionHolds>.Instance);
        History = new HistoryReader(Redis, new JobOptions(), NullLogger<HistoryReader>.Instance);
    }

    public RedisClient Redis { get; }

    public AudioJobQueue Queue { get; }

    public JobCompletion Completion { get; }

    public LostJobs Losses { get; }

    public SessionStore Sessions { get; }

    public SessionHolds Holds { get; }

    public HistoryReader History { get; }

    /// <summary>Ends a test that hangs.</summary>
    public CancellationToken Patience { get; } = new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token;

    public static async Task<Bench> CreateAsync(RedisServer server, string clientId = "anna", JobOptions? options = null)
    {
        var bench = new Bench(server, options ?? new JobOptions());
        await bench.Redis.ExecuteAsync("FLUSHALL");
        await bench.Redis.EnsureGroupAsync(RedisKeys.AudioJobs, RedisKeys.SttWorkers, bench.Patience);
        await bench._subscriber.SubscribeAsync(
            RedisKeys.Results(clientId),
            (payload, cancellationToken) => bench._heard.Writer.WriteAsync(ResultEnvelope.Read(payload), cancellationToken),
            cancellationToken: bench.Patience);
        return bench;
    }

    public Task<EnqueueResult> EnqueueAsync(int segment, long lastSeq = 0, double shift = 0)
    {
        var job = Job(segment, shift: shift);
        return Queue.EnqueueAsync(job, job.End, lastSeq, Patience);
    }

    /// <summary>Queues segments and reads them all as a worker.</summary>
    public async Task<JobEntry[]> EnqueueAndReadAsync(int count)
    {
        for (var segment = 0; segment < count; segment++)
            (await EnqueueAsync(segment)).ShouldBe(EnqueueResult.Added);
        return await ReadAsync(count);
    }

    public async Task<JobEntry[]> ReadAsync(int count)
    {
        var entries = await Redis.StreamReadGroupAsync(
            RedisKeys.AudioJobs, RedisKeys.SttWorkers, "w1", Math.Max(1, count), cancellationToken: Patience);
        entries.Length.ShouldBe(count);
        return [.. entries.Select(entry => new JobEntry(JobStream.Audio, entry.StreamId, entry.GetString(AudioJobFields.ClientId)))];
    }

    public Task<bool> FinishAsync(JobEntry entry, int segment, string? text = null, params FollowingTranslation[] translations) =>
        Completion.FinishAsync(entry, Transcript(segment, text), translations, Patience);

    /// <summary>The next results that were published.</summary>
    public async Task<ResultEnvelope[]> HearAsync(int count)
    {
        var heard = new ResultEnvelope[count];
        for (var i = 0; i < count; i++)
            heard[i] = await _heard.Reader.ReadAsync(Patience);
        return heard;
    }

    /// <summary>That nothing more was published than has been heard: a marker sent now is the next thing heard.</summary>
    public async Task HearNothingElseAsync(string clientId = "anna")
    {
        await Completion.PublishPartialAsync(clientId, new Partial(999, 0, "marker"), Patience);
        (await HearAsync(1))[0].Result.ShouldBe(new Partial(999, 0, "marker"));
    }

    public Task<ResultEnvelope[]> ReadHistoryAsync(long after = 0, string clientId = "anna") =>
        History.ReadAfterAsync(clientId, after, Patience).ToArrayAsync(Patience).AsTask();

    /// <summary>Finishes segments 0.. of a client, each with a job for each language, and reads these as a translation worker.</summary>
    public async Task<StreamEntry[]> TranslateAsync(int count, params string[] languages)
    {
        await Redis.EnsureGroupAsync(RedisKeys.TranslationJobs, RedisKeys.TranslationWorkers, Patience);
        var entries = await EnqueueAndReadAsync(count);
        for (var segment = 0; segment < count; segment++)
            await FinishAsync(entries[segment], segment, null,
                [.. languages.Select(language => FollowingTranslation.Of(TranslationJob(segment, language)))]);
        await HearAsync(count);
        var jobs = await Redis.StreamReadGroupAsync(
            RedisKeys.TranslationJobs, RedisKeys.TranslationWorkers, "t1", count * languages.Length, cancellationToken: Patience);
        jobs.Length.ShouldBe(count * languages.Length);
        return jobs;
    }

    public Task<bool> FinishTranslationAsync(StreamEntry job)
    {
        var (segment, language) = (int.Parse(job.GetString("segment"), null), job.GetString("language"));
        return Completion.FinishAsync(
            new JobEntry(JobStream.Translations, job.StreamId, "anna"), new Translation(0, segment, language, $"{language} {segment}"), [],
            Patience);
    }

    public static TranslationJob TranslationJob(int segment, string language) => new()
    {
        ClientId = "anna",
        Segment = segment,
        Text = $"segment {segment}",
        SourceLanguage = "en",
        Language = language,
        CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000),
    };

    public static Transcript Transcript(int segment, string? text = null) =>
        new(0, segment, segment, segment + 0.5, text ?? $"segment {segment}", "en", 0.9);

    public static AudioJob Job(int segment, AudioJobKind kind = AudioJobKind.Final, double shift = 0, string clientId = "anna") => new()
    {
        ClientId = clientId,
        Segment = segment,
        Kind = kind,
        Start = segment + shift,
        End = segment + shift + 0.5,
        CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000),
        Audio = new byte[16000],
    };

    public async ValueTask DisposeAsync()
    {
        await _subscriber.DisposeAsync();
        await Redis.DisposeAsync();
    }
}
