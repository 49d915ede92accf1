using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Speech.Delivery;
using Speech.Delivery.Jobs;
using Speech.Gateway.Sessions;
using Speech.Hosting;
using Speech.Redis;
using StackExchange.Redis;

namespace Speech.Gateway.Status;

/// <summary>
/// <c>GET /api/status</c>: how the whole system is, as this gateway sees it, for people and dashboards.
/// <code>
/// {"gateway": {"version", "uptime_seconds", "sessions", "max_sessions"},
///  "queue":   {"audio_jobs", "interim", "translation_jobs", "max_depth"},
///  "workers": [{"id", then the fields of its heartbeat}],
///  "redis":   {"connected"}}
/// </code>
/// 200 also when Redis is away: queue is null then and workers empty. The answer is made at most once a second, however many ask:
/// finding the workers means looking through all keys.
/// </summary>
internal sealed class StatusEndpoint(
    HeartbeatReader heartbeats, AudioJobQueue jobs, SessionRegistry sessions, GatewayOptions options, ServiceInfo info, TimeProvider time)
{
    // The answer is never part of a page: "+" may stay "+".
    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly TimeSpan RedisTimeout = TimeSpan.FromSeconds(2);

    private readonly SharedAnswer<string> _answer = new(time);

    public async Task HandleAsync(HttpContext context)
    {
        var answer = await _answer.GetAsync(MakeAnswerAsync).WaitAsync(context.RequestAborted);
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        await context.Response.WriteAsync(answer, context.RequestAborted);
    }

    private async Task<string> MakeAnswerAsync()
    {
        var body = new JsonObject
        {
            ["gateway"] = new JsonObject
            {
                ["version"] = info.Version,
                ["uptime_seconds"] = Math.Round((time.GetUtcNow() - info.StartedAt).TotalSeconds, 3),
                ["sessions"] = sessions.Count,
                ["max_sessions"] = options.MaxSessions,
            },
        };
        try
        {
            using var timeout = new CancellationTokenSource(RedisTimeout, time);
            body["queue"] = await QueueAsync(timeout.Token);
            body["workers"] = new JsonArray([.. await heartbeats.ReadAsync(RedisKeys.Worker(""), timeout.Token)]);
            body["redis"] = new JsonObject { ["connected"] = true };
        }
        catch (Exception e) when (e is RedisException or OperationCanceledException)
        {
            body["queue"] = null;
            body["workers"] = new JsonArray();
            body["redis"] = new JsonObject { ["connected"] = false };
        }
        return body.ToJsonString(Json);
    }

    private async Task<JsonObject> QueueAsync(CancellationToken cancellationToken) => new()
    {
        ["audio_jobs"] = await jobs.DepthAsync(cancellationToken),
        ["interim"] = await jobs.LengthAsync(RedisKeys.InterimJobs, cancellationToken),
        ["translation_jobs"] = await jobs.LengthAsync(RedisKeys.TranslationJobs, cancellationToken),
        ["max_depth"] = options.MaxQueueDepth,
    };
}
