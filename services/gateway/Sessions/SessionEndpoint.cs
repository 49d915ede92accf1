using System.Net.WebSockets;
using System.Text.Json.Nodes;
using Speech.Contracts.Sessions;
using Speech.Gateway.Limits;
using Speech.Gateway.Status;
using Speech.Redis;
using StackExchange.Redis;

namespace Speech.Gateway.Sessions;

/// <summary>
/// <c>GET /ws</c>. Whatever is wrong (parameters, credentials, capacity, Redis) is said by a close frame after the upgrade, which browsers
/// can read and HTTP errors they cannot; only who does not speak WebSocket gets an HTTP error.
/// </summary>
internal sealed partial class SessionEndpoint(
    SessionServices services, SessionRegistry registry, Arrivals arrivals, Handover handover, QueueDepthMonitor queue,
    IHostApplicationLifetime lifetime, ILogger<SessionEndpoint> logger)
{
    public const string Protocol = "speech.v1";

    // Keeps proxies from closing a connection on which nobody speaks; whether the client lives is seen by the frames it sends.
    private static readonly TimeSpan KeepAliveInterval = TimeSpan.FromSeconds(15);

    public async Task HandleAsync(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            await AnswerInHttpAsync(context);
            return;
        }
        var arrival = new Arrival(arrivals, LimitedParty.NameOf(context.Connection.RemoteIpAddress));
        if (!arrival.IsLetIn)
        {
            Log.TurnedAway(logger, arrival.Address);
            context.Response.StatusCode = StatusCodes.Status429TooManyRequests;
            context.Response.Headers.RetryAfter = "5";
            return;
        }
        try
        {
            await ServeAsync(context, arrival);
        }
        finally
        {
            arrival.End();
        }
    }

    private async Task ServeAsync(HttpContext context, Arrival arrival)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext
        {
            SubProtocol = context.WebSockets.WebSocketRequestedProtocols.Contains(Protocol) ? Protocol : null,
            KeepAliveInterval = KeepAliveInterval,
        });
        var query = context.Request.Query.SelectMany(pair => pair.Value.Select(value => KeyValuePair.Create(pair.Key, value)));
        if (!ClientCredentials.TryRead(context.Request, out var credentials, out var problem))
        {
            await RefuseAsync(socket, CloseCode.AuthenticationFailed, problem, context.RequestAborted);
            return;
        }
        if (!SessionParameters.TryParse(query, out var parameters, out problem))
        {
            await RefuseAsync(socket, CloseCode.InvalidMessage, problem, context.RequestAborted);
            return;
        }
        await using var session = new ClientSession(
            services, handover, parameters, credentials, context.Connection.RemoteIpAddress, socket);
        try
        {
            if (await AdmitAsync(session, context.RequestAborted) is { } refusal)
                await session.RefuseAsync(refusal);
            else
            {
                arrival.End();
                await session.RunAsync(lifetime.ApplicationStopping);
            }
        }
        finally
        {
            registry.Leave(session);
        }
    }

    private async Task<Ending?> AdmitAsync(ClientSession session, CancellationToken cancellationToken)
    {
        try
        {
            return await queue.IsOverloadedNowAsync(cancellationToken)
                ? new Ending(CloseCode.AtCapacity, RetryHint.Append("too much audio is waiting to be transcribed", queue.RetryAfter))
                : await registry.EnterAsync(session, cancellationToken);
        }
        catch (RedisException)
        {
            return new Ending(CloseCode.ResourceUnavailable, "the queue cannot be reached; retry after 2 s");
        }
        catch (OperationCanceledException)
        {
            return Ending.Lost("the client left before it was let in");
        }
    }

    private async Task RefuseAsync(WebSocket socket, CloseCode code, string reason, CancellationToken cancellationToken)
    {
        Log.Refused(logger, (int)code, reason);
        services.Instruments.SessionEnded(code);
        await SocketRefusal.SendAsync(socket, code, reason, services.Time, cancellationToken);
    }

    private static async Task AnswerInHttpAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status426UpgradeRequired;
        context.Response.ContentType = "application/json";
        context.Response.Headers.Upgrade = "websocket";
        await context.Response.WriteAsync(
            new JsonObject { ["code"] = "upgrade_required", ["message"] = "this address speaks WebSocket only" }.ToJsonString(),
            context.RequestAborted);
    }

    /// <summary>One connection that is neither a session yet nor refused.</summary>
    private sealed class Arrival(Arrivals arrivals, string address)
    {
        private bool _isOver;

        public string Address => address;

        public bool IsLetIn { get; } = arrivals.TryBegin(address);

        public void End()
        {
            if (!_isOver)
                arrivals.End(address);
            _isOver = true;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "A client was refused: {Code} {Reason}")]
        public static partial void Refused(ILogger logger, int code, string reason);

        [LoggerMessage(2, LogLevel.Debug, "A connection from {Address} was turned away: too many of it are being opened")]
        public static partial void TurnedAway(ILogger logger, string address);
    }
}
