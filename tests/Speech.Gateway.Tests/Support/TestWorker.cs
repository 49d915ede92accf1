using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using Speech.Contracts.Jobs;
using Speech.Contracts.Server;
using Speech.Contracts.Sessions;
using Speech.Delivery;
using Speech.Delivery.Jobs;
using Speech.Hosting.Metrics;
using Speech.Redis;
using StackExchange.Redis;

namespace Speech.Gateway.Tests.Support;

/// <summary>Does what an STT worker does, but for understanding: a segment's text is a digest of its audio.</summary>
internal sealed class TestWorker : IAsyncDisposable
{
    private readonly RedisClient _redis;
    private readonly RedisBlockingConnection _reader;
    private readonly JobCompletion _completion;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;

    private TestWorker(RedisServer server, Func<TestWorker, StreamEntry, AudioJob, Task> handle)
    {
        var options = RedisOptions.Parse(server.Url);
        _redis = new RedisClient(options);
        _reader = new RedisBlockingConnection(options);
        _completion = new JobCompletion(_redis, new JobOptions(), new JobInstruments(
            new Instruments().Create), TimeProvider.System, NullLogger<JobCompletion>.Instance);
        _running = RunAsync(handle);
    }

    /// <summary>Final jobs, in the order they were read.</summary>
    public ConcurrentQueue<AudioJob> Jobs { get; } = [];

    public ConcurrentQueue<AudioJob> Interims { get; } = [];

    /// <summary>The deepest the queue was when a job was read.</summary>
    public long DeepestQueue { get; private set; }

    /// <summary>Finishes each job as it comes.</summary>
    public static TestWorker Start(RedisServer server) => new(server, (worker, entry, job) => worker.FinishAsync(entry, job));

    /// <summary>Keeps jobs back until it has some, and finishes those from the last to the first.</summary>
    public static TestWorker StartBackwards(RedisServer server, int count)
    {
        var held = new Stack<(StreamEntry Entry, AudioJob Job)>();
        return new TestWorker(server, async (worker, entry, job) =>
        {
            held.Push((entry, job));
            if (held.Count < count)
                return;
            foreach (var (heldEntry, heldJob) in held)
                await worker.FinishAsync(heldEntry, heldJob);
            held.Clear();
        });
    }

    public static TestWorker Start(RedisServer server, Func<TestWorker, StreamEntry, AudioJob, Task> handle) => new(server, handle);

    public static string TextOf(AudioJob job) => Convert.ToHexString(SHA256.HashData(job.Audio.Span))[..12];

    public Task FinishAsync(StreamEntry entry, AudioJob job, string? text = null) => _completion.FinishAsync(
        new JobEntry(JobStream.Audio, entry.StreamId, job.ClientId),
        new Transcript(0, job.Segment, job.Start, job.End, text ?? TextOf(job), "en", 1),
        [],
        _stopping.Token);

    /// <summary>Queues the translations that the client wants.</summary>
    public static Task FinishWithTranslationsAsync(TestWorker worker, StreamEntry entry, AudioJob job) => worker._completion.FinishAsync(
        new JobEntry(JobStream.Audio, entry.StreamId, job.ClientId),
        new Transcript(0, job.Segment, job.Start, job.End, TextOf(job), "en", 1, Translations: job.Translate),
        [
            .. job.Translate.Select(language => FollowingTranslation.Of(new TranslationJob
            {
                ClientId = job.ClientId,
                Segment = job.Segment,
                Text = TextOf(job),
                SourceLanguage = "en",
                Language = language,
                CreatedAt = job.CreatedAt,
            })),
        ],
        worker._stopping.Token);

    /// <summary>Does what a translation worker does with the next jobs: a translation is the text with the language before it.</summary>
    public async Task TranslateAsync(int count)
    {
        await _redis.EnsureGroupAsync(RedisKeys.TranslationJobs, RedisKeys.TranslationWorkers, _stopping.Token);
        await Eventually.TrueAsync(async () => await _redis.StreamLengthAsync(RedisKeys.TranslationJobs, _stopping.Token) >= count);
        var entries = await _redis.StreamReadGroupAsync(
            RedisKeys.TranslationJobs, RedisKeys.TranslationWorkers, "tester", count, cancellationToken: _stopping.Token);
        foreach (var entry in entries)
        {
            var job = TranslationJob.Read(entry[TranslationJobFields.Job]);
            await _completion.FinishAsync(
                new JobEntry(JobStream.Translations, entry.StreamId, job.ClientId),
                new Translation(0, job.Segment, job.Language, $"{job.Language} {job.Text}"),
                [],
                _stopping.Token);
        }
    }

    public Task PublishPartialAsync(AudioJob job, int revision) => _completion.PublishPartialAsync(
        job.ClientId, new Partial(job.Segment, revision, TextOf(job)), _stopping.Token);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        await _reader.DisposeAsync();
        await _redis.DisposeAsync();
        _stopping.Dispose();
    }

    private async Task RunAsync(Func<TestWorker, StreamEntry, AudioJob, Task> handle)
    {
        string[] streams = [RedisKeys.AudioJobs, RedisKeys.InterimJobs];
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                foreach (var stream in streams)
                {
                    await _redis.EnsureGroupAsync(stream, RedisKeys.SttWorkers, _stopping.Token);
                    // What a lost connection left behind, read and not finished.
                    foreach (var entry in await _redis.StreamReadGroupAsync(stream, RedisKeys.SttWorkers, "tester", 100, StreamId.Zero,
                        _stopping.Token))
                        await HandleAsync(stream, entry, handle);
                }
                while (true)
                {
                    var read = await _reader.StreamReadGroupAsync(
                        streams, RedisKeys.SttWorkers, "tester", 16, TimeSpan.FromSeconds(1), _stopping.Token);
                    foreach (var (key, entries) in read)
                    {
                        foreach (var entry in entries)
                            await HandleAsync(key, entry, handle);
                    }
                }
            }
            catch (RedisException)
            {
                await Task.Delay(20, CancellationToken.None); // Redis is being restarted
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private async Task HandleAsync(string key, StreamEntry entry, Func<TestWorker, StreamEntry, AudioJob, Task> handle)
    {
        if (entry.IsDeleted)
            return;
        var job = AudioJob.Read(entry[AudioJobFields.Job]);
        if (key == RedisKeys.InterimJobs)
        {
            Interims.Enqueue(job);
            await PublishPartialAsync(job, job.Revision);
            return;
        }
        DeepestQueue = Math.Max(DeepestQueue, await _redis.StreamLengthAsync(RedisKeys.AudioJobs, _stopping.Token));
        Jobs.Enqueue(job);
        await handle(this, entry, job);
    }
}
