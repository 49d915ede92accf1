using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Speech.Contracts.Server;
using Speech.Contracts.Sessions;
using Speech.Delivery;
using Speech.Delivery.Sessions;
using Speech.Redis;
using StackExchange.Redis;

namespace Speech.Gateway.Sessions;

/// <summary>
/// How a client that comes back to another gateway gets away from the one that has it. That one may not have noticed that the client is
/// gone, or may wait for it to return; it is asked, over a channel of its own, to let the client go, which it does when all that it has
/// accepted is in Redis. One that hangs, or is dead, is not waited for for long: the claim is valid in any case, and what it does later is
/// refused.
/// </summary>
internal sealed partial class Handover(
    RedisClient redis, RedisSubscriber subscriber, SessionRegistry sessions, TimeProvider time,
    ILogger<Handover> logger) : BackgroundService
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    /// <summary>This gateway, among all that there are and were.</summary>
    public string GatewayId { get; } =
        $"{Environment.MachineName}-{Environment.ProcessId}-{RandomNumberGenerator.GetHexString(8, lowercase: true)}";

    /// <summary>Waits until whoever has a client has let it go, or for so long that it must be hung.</summary>
    /// <param name="present">Who has it.</param>
    /// <param name="resumes">Whether the client sends again what was not committed.</param>
    public async Task AskAsync(SessionOpening present, string clientId, bool resumes, SessionHold hold, CancellationToken cancellationToken)
    {
        if (present.Gateway == GatewayId)
            return; // a session that has ended here without being able to say so
        var request = new Request(clientId, present.Owner, resumes).ToString();
        if (await redis.PublishAsync(RedisKeys.Gateway(present.Gateway), request, cancellationToken) == 0
            && await IsGoneAsync(present.Gateway, cancellationToken))
            return;
        for (var begun = time.GetTimestamp(); await hold.IsHeldAsync(cancellationToken);)
        {
            if (time.GetElapsedTime(begun) > Patience)
            {
                Log.NotLetGo(logger, clientId, present.Gateway);
                return;
            }
            await Task.Delay(PollInterval, time, cancellationToken);
        }
    }

    /// <summary>
    /// Nobody listens on a gateway's channel. A node of a cluster knows that of itself only: there the heartbeat tells, a few seconds late.
    /// </summary>
    private async Task<bool> IsGoneAsync(string gatewayId, CancellationToken cancellationToken) =>
        redis.Options.Deployment != RedisDeployment.Cluster || !await redis.KeyExistsAsync(RedisKeys.Gateway(gatewayId), cancellationToken);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                // Once it is there, it is renewed with the connection; requests that are missed meanwhile time out.
                await using var subscription = await subscriber.SubscribeAsync(
                    RedisKeys.Gateway(GatewayId), OnRequestAsync, cancellationToken: stoppingToken);
                await Task.Delay(Timeout.InfiniteTimeSpan, time, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (RedisException e)
            {
                Log.CannotSubscribe(logger, e.Message);
                await Task.Delay(RetryInterval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private ValueTask OnRequestAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        if (Request.TryParse(message.Span, out var request))
            sessions.Supersede(request.ClientId, request.Owner, request.Resumes);
        else
            Log.Unreadable(logger, message.Length);
        return default;
    }

    /// <summary>On the wire text, "let_go CLIENT OWNER resumes" or "let_go CLIENT OWNER begins": none of them has a space in it.</summary>
    private sealed record Request(string ClientId, string Owner, bool Resumes)
    {
        private const int MaxLength = 256;

        public static bool TryParse(ReadOnlySpan<byte> message, [NotNullWhen(true)] out Request? request)
        {
            request = message.Length <= MaxLength
                && Encoding.UTF8.GetString(message).Split(' ') is ["let_go", var client, var owner, ("resumes" or "begins") and var how]
                ? new Request(client, owner, how == "resumes")
                : null;
            return request is not null;
        }

        public override string ToString() => $"let_go {ClientId} {Owner} {(Resumes ? "resumes" : "begins")}";
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The gateway {Gateway} does not let {ClientId} go: it is taken from it")]
        public static partial void NotLetGo(ILogger logger, string clientId, string gateway);

        [LoggerMessage(2, LogLevel.Warning, "Cannot listen for other gateways, trying again: {Reason}")]
        public static partial void CannotSubscribe(ILogger logger, string reason);

        [LoggerMessage(3, LogLevel.Error, "A message of {Length} bytes to this gateway is none that it knows")]
        public static partial void Unreadable(ILogger logger, int length);
    }
}
