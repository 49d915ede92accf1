using Microsoft.Extensions.Logging;
using Speech.Contracts.Server;
using Speech.Contracts.Sessions;
using Speech.Redis;
using StackExchange.Redis;

namespace Speech.Delivery.Jobs;

/// <summary>The workers' side of the end of a job (see finish.lua). Waits as long as Redis is away; repeating is harmless.</summary>
public sealed class JobCompletion(
    RedisClient redis, JobOptions options, IJobObserver observer, TimeProvider time, ILogger<JobCompletion> logger)
{
    private readonly JobRetry _retry = new(time, logger);

    /// <summary>Ends a job with its result.</summary>
    /// <param name="entry">The job.</param>
    /// <param name="result">Its seq is given by Redis; a <see cref="Failed"/> is a result, too.</param>
    /// <param name="translations">What follows once the transcript is released.</param>
    /// <param name="cancellationToken">Ends the waiting; the job may then have been ended or not.</param>
    /// <returns>
    /// False when the job had been ended before, by another worker (whose result counts) or by this call, its reply being lost.
    /// </returns>
    public Task<bool> FinishAsync(
        JobEntry entry, FinalResult result, IReadOnlyList<FollowingTranslation> translations, CancellationToken cancellationToken) =>
        EndAsync(entry, result, translations, cause: "", reason: "", cancellationToken);

    /// <summary>
    /// Gives a job up: moves it to the dead stream, with the failure's code and message as cause and reason, and tells its client.
    /// </summary>
    public Task<bool> AbandonAsync(JobEntry entry, Failed failure, CancellationToken cancellationToken) =>
        EndAsync(entry, failure, [], failure.Code, failure.Message, cancellationToken);

    /// <summary>
    /// Moves an entry to the dead stream that does not even say whose it is: nobody is told. If it was a client's segment, it is lost
    /// (<see cref="LostJobs"/>) and holds up those after it until that is found out; prefer <see cref="AbandonAsync"/>.
    /// </summary>
    public Task<bool> BuryAsync(JobEntry entry, string cause, string reason, CancellationToken cancellationToken) =>
        EndAsync(entry with { ClientId = "" }, result: null, [], cause, reason, cancellationToken);

    /// <summary>Publishes a partial result: to whoever listens now, and not into the history. Not repeated when Redis is away.</summary>
    public Task PublishPartialAsync(string clientId, Partial partial, CancellationToken cancellationToken) =>
        redis.PublishAsync(RedisKeys.Results(clientId), new ResultEnvelope(0, partial).ToArray(), cancellationToken);

    private async Task<bool> EndAsync(
        JobEntry entry,
        FinalResult? result,
        IReadOnlyList<FollowingTranslation> translations,
        string cause,
        string reason,
        CancellationToken cancellationToken)
    {
        // The stream's shard, not the client's: should someone have put the job where it does not belong, it comes to its end all the same.
        var shard = entry.Stream.Shard;
        RedisKey[] keys =
        [
            entry.Stream.Key,
            shard.Session(entry.ClientId),
            shard.History(entry.ClientId),
            shard.Stream(RedisKeys.TranslationJobs),
            RedisKeys.Dead(entry.Stream.Key),
        ];
        RedisValue[] arguments =
        [
            entry.Stream.Group,
            entry.Id,
            entry.ClientId,
            RedisKeys.Results(entry.ClientId),
            result?.Segment ?? 0,
            LanguageOf(result),
            result is null ? Array.Empty<byte>() : ResultEnvelope.WriteResult(result),
            options.HistoryTtlSeconds,
            options.MaxHistoryEntries,
            options.MaxDeadEntries,
            reason,
            options.MaxTranslationJobs,
            cause,
            entry.Deliveries,
            entry.IsRetried ? "1" : "",
            options.MaxDeadBytes,
            .. translations.SelectMany(EncodeFollowing),
        ];
        var reply = await _retry.EvalAsync(redis, JobScripts.Finish, keys, arguments, cancellationToken);
        var first = ((long)reply) == 1;
        if (first && result is not null)
            observer.ResultPublished(result);
        return first;
    }

    private static string LanguageOf(FinalResult? result) => result switch
    {
        Translation translation => translation.Language,
        Failed failed => failed.Language ?? "",
        _ => "",
    };

    private static RedisValue[] EncodeFollowing(FollowingTranslation translation) =>
        [translation.Language, translation.Job?.ToArray() ?? [], ResultEnvelope.WriteResult(translation.Result)];
}
