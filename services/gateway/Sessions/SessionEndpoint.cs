using System.Text.Json.Nodes;
using Speech.Contracts;
using Speech.Gateway.Status;
using Speech.Redis;

namespace Speech.Gateway.Sessions;

/// <summary>
/// <c>GET /ws</c>. Parameters that make no sense are refused with HTTP 400 and a reason in JSON, before the upgrade; what can change with
/// time (capacity, Redis) with a close frame, which browsers can read and HTTP errors they cannot.
/// </summary>
internal sealed class SessionEndpoint(SessionServices services, SessionRegistry registry, QueueDepthMonitor queue, IHostApplicationLifetime lifetime)
{
    public const string Protocol = "speech.v1";

    // Keeps proxies from closing a connection on which nobody speaks; whether the client lives is seen by the frames it sends.
    private static readonly TimeSpan KeepAliveInterval = TimeSpan.FromSeconds(15);

    public async Task HandleAsync(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            await RefuseAsync(context, StatusCodes.Status426UpgradeRequired, "upgrade_required", "this address speaks WebSocket only");
            return;
        }
        var query = context.Request.Query.SelectMany(pair => pair.Value.Select(value => KeyValuePair.Create(pair.Key, value)));
        if (!SessionParameters.TryParse(query, out var parameters, out var problem) || !ClientCredentials.TryRead(context.Request, out var credentials, out problem))
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, "invalid_parameter", problem);
            return;
        }

        using var socket = await context.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext
        {
            SubProtocol = context.WebSockets.WebSocketRequestedProtocols.Contains(Protocol) ? Protocol : null,
            KeepAliveInterval = KeepAliveInterval,
        });
        await using var session = new ClientSession(services, parameters, credentials, socket);
        try
        {
            if (await AdmitAsync(session, context.RequestAborted) is { } refusal)
                await session.RefuseAsync(refusal);
            else
                await session.RunAsync(lifetime.ApplicationStopping);
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
            return new Ending(CloseCode.ResourceUnavailable, "the queue cannot be reached, try again later");
        }
        catch (OperationCanceledException)
        {
            return Ending.Lost("the client left before it was let in");
        }
    }

    private static async Task RefuseAsync(HttpContext context, int status, string code, string message)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        if (status == StatusCodes.Status426UpgradeRequired)
            context.Response.Headers.Upgrade = "websocket";
        await context.Response.WriteAsync(new JsonObject { ["code"] = code, ["message"] = message }.ToJsonString(), context.RequestAborted);
    }
}
