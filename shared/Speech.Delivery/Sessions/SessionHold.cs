using System.Security.Cryptography;
using System.Text;
using Speech.Contracts.Jobs;
using Speech.Contracts.Server;
using Speech.Delivery.Jobs;
using Speech.Redis;
using StackExchange.Redis;

namespace Speech.Delivery.Sessions;

/// <summary>Who has a client, as a gateway finds it.</summary>
/// <param name="IsOurs">Whether the client is bound to the credentials that were shown, or is so from now on.</param>
/// <param name="Owner">The token of the session that has it; empty when none does.</param>
/// <param name="Gateway">That session's gateway.</param>
public readonly record struct SessionOpening(bool IsOurs, string Owner, string Gateway);

/// <summary>What a gateway that claims a client goes on from.</summary>
/// <param name="IsKnown">Whether anything was known of it before.</param>
/// <param name="State">As the gateway that had it before saved it; empty when none did.</param>
public readonly record struct SessionClaim(bool IsKnown, ReadOnlyMemory<byte> State);

/// <summary>How far a client's audio is done with.</summary>
/// <param name="CommittedSeconds">It is safe, or was silence, up to here.</param>
/// <param name="State">What another gateway needs to go on from there.</param>
public sealed record SessionProgress(double CommittedSeconds, ReadOnlyMemory<byte> State);

/// <summary>
/// One gateway's hold of one client. A client has one at most: the last to claim it. The others find out by the first thing they try to do
/// for it (<see cref="HoldResult.TakenOver"/>), however long they were hung or cut off, so two of them never work for it at once.
/// All calls wait as long as Redis is away; what it refuses for another reason comes out.
/// </summary>
public sealed class SessionHold
{
    private readonly SessionHolds _holds;
    private readonly string _clientId;
    private readonly string _credentialKey;
    private readonly string _gatewayId;

    internal SessionHold(SessionHolds holds, string clientId, string credentialKey, string gatewayId)
    {
        _holds = holds;
        _clientId = clientId;
        _credentialKey = credentialKey;
        _gatewayId = gatewayId;
    }

    /// <summary>Tells this hold from all others.</summary>
    public string Owner { get; } = RandomNumberGenerator.GetHexString(16, lowercase: true);

    private static bool AreEqual(ReadOnlySpan<byte> key, ReadOnlySpan<byte> other) => CryptographicOperations.FixedTimeEquals(key, other);

    private RedisShard Shard => _holds.Options.Shards.Of(_clientId);

    private RedisKey[] Keys => [Shard.Session(_clientId), Shard.History(_clientId)];

    /// <summary>Whether both stand for the same credentials, compared in constant time.</summary>
    public bool HasCredentialsOf(SessionHold other) =>
        AreEqual(Encoding.UTF8.GetBytes(_credentialKey), Encoding.UTF8.GetBytes(other._credentialKey));

    /// <summary>
    /// Looks whose the client is, and binds it to the credentials if it is nobody's yet. Not repeated when Redis is away.
    /// </summary>
    public async Task<SessionOpening> OpenAsync(CancellationToken cancellationToken)
    {
        var reply = await _holds.Redis.EvalAsync(
            SessionScripts.Open, Keys, [_credentialKey, _holds.Options.HistoryTtlSeconds], cancellationToken);
        return new SessionOpening(
            AreEqual((byte[]?)reply[0], Encoding.UTF8.GetBytes(_credentialKey)), (string)reply[1]!, (string)reply[2]!);
    }

    /// <summary>Whether some other session has the client now.</summary>
    public async Task<bool> IsHeldAsync(CancellationToken cancellationToken) =>
        await _holds.Redis.HashGetStringAsync(Shard.Session(_clientId), "owner", cancellationToken) is { Length: > 0 } owner
            && owner != Owner;

    /// <summary>Takes the client over from whoever has it. Not repeated when Redis is away.</summary>
    /// <param name="lastSeq">The last result that the client says it has: numbers go on from it should Redis have lost them.</param>
    public async Task<SessionClaim> ClaimAsync(long lastSeq, CancellationToken cancellationToken)
    {
        var reply = await _holds.Redis.EvalAsync(
            SessionScripts.Claim, Keys, [Owner, _gatewayId, _holds.Options.HistoryTtlSeconds, lastSeq], cancellationToken);
        return new SessionClaim(((long)reply[0]) == 1, (byte[]?)reply[1]);
    }

    /// <summary>Queues a whole segment, once.</summary>
    /// <param name="job">The next segment of the client.</param>
    /// <param name="progress">With this segment.</param>
    /// <param name="lastSeq">The last result that the gateway has seen for the client.</param>
    /// <param name="most">Entries that the client's shard of the queue may have with this one; 0: any number.</param>
    public async Task<HoldResult> EnqueueAsync(
        AudioJob job, SessionProgress progress, long lastSeq, int most, CancellationToken cancellationToken) =>
        await _holds.Jobs.EnqueueAsync(job, progress, lastSeq, Owner, most, cancellationToken) switch
        {
            EnqueueResult.Added or EnqueueResult.AlreadyQueued => HoldResult.Done,
            EnqueueResult.SessionLost => HoldResult.Lost,
            EnqueueResult.NoRoom => HoldResult.NoRoom,
            _ => HoldResult.TakenOver,
        };

    /// <summary>
    /// To be called a few times within HISTORY_TTL_SECONDS, however silent the client is. What is committed never goes back.
    /// </summary>
    public async Task<HoldResult> KeepAliveAsync(SessionProgress progress, CancellationToken cancellationToken)
    {
        var reply = await _holds.Retry.EvalAsync(
            _holds.Redis,
            SessionScripts.KeepAlive,
            Keys,
            [progress.CommittedSeconds, _holds.Options.HistoryTtlSeconds, Owner, progress.State],
            cancellationToken);
        return ((long)reply) switch { 1 => HoldResult.Done, -2 => HoldResult.Lost, _ => HoldResult.TakenOver };
    }

    /// <summary>Makes a session anew that Redis has lost, and tells the client what went with it.</summary>
    /// <param name="segments">Queued so far.</param>
    /// <param name="progress">Of the client so far.</param>
    /// <param name="lastSeq">The last result that the gateway has seen for the client.</param>
    /// <param name="failures">In place of the results that will not come any more, in the order of their segments.</param>
    /// <returns>False when another gateway has the client.</returns>
    public async Task<bool> RestoreAsync(
        int segments, SessionProgress progress, long lastSeq, IEnumerable<Failed> failures, CancellationToken cancellationToken)
    {
        RedisValue[] arguments =
        [
            Owner,
            _gatewayId,
            _credentialKey,
            segments,
            progress.CommittedSeconds,
            progress.State,
            lastSeq,
            _holds.Options.HistoryTtlSeconds,
            RedisKeys.Results(_clientId),
            .. failures.Select(failure => (RedisValue)ResultEnvelope.WriteResult(failure)),
        ];

        // One whose reply was lost finds the session there when it is repeated: it is ours then, and what follows will show it.
        await _holds.Retry.EvalAsync(_holds.Redis, SessionScripts.Restore, Keys, arguments, cancellationToken);
        return !await IsHeldAsync(cancellationToken);
    }

    /// <summary>
    /// Lets the client go, if this hold still has it. Not repeated when Redis is away: a hold that is left behind is taken over, too.
    /// </summary>
    public Task ReleaseAsync(CancellationToken cancellationToken) =>
        _holds.Redis.EvalAsync(SessionScripts.Release, [Shard.Session(_clientId)], [Owner], cancellationToken);
}
