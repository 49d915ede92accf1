using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Speech.Contracts;
using Speech.Gateway.Sessions;
using Speech.Hosting;
using Speech.Redis;

namespace Speech.Gateway.Status;

/// <summary>
/// <c>GET /api/status</c>: how the whole system is, as this gateway sees it, for people and dashboards.
/// <code>
/// {"gateway": {"version", "uptime_seconds", "sessions", "max_sessions"},
///  "queue":   {"audio_jobs", "interim", "max_depth"},
///  "workers": [{"id", then the fields of its heartbeat}],
///  "redis":   {"connected"}}
/// </code>
/// 200 also when Redis is away: queue is null then and workers empty. The answer is made at most once a second, however many ask:
/// finding the workers means looking through all keys.
/// </summary>
internal sealed class StatusEndpoint(
    RedisClient redis, AudioJobQueue jobs, SessionRegistry sessions, GatewayOptions options, ServiceInfo info, TimeProvider time)
{
    private const int MaxWorkers = 1000;

    // The answer is never part of a page: "+" may stay "+".
    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly TimeSpan RedisTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private Task<string> _answer = Task.FromResult("");
    private long? _askedAt;

    public async Task HandleAsync(HttpContext context)
    {
        var answer = await AnswerAsync().WaitAsync(context.RequestAborted);
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        await context.Response.WriteAsync(answer, context.RequestAborted);
    }

    private Task<string> AnswerAsync()
    {
        lock (_gate)
        {
            var isFresh = !_answer.IsCompleted || (_askedAt is { } askedAt && time.GetElapsedTime(askedAt) < Freshness);
            if (isFresh)
                return _answer;
            _askedAt = time.GetTimestamp();
            return _answer = MakeAnswerAsync();
        }
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
            body["workers"] = await WorkersAsync(timeout.Token);
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
        ["interim"] = await redis.StreamLengthAsync(RedisKeys.InterimJobs, cancellationToken),
        ["max_depth"] = options.MaxQueueDepth,
    };

    private async Task<JsonArray> WorkersAsync(CancellationToken cancellationToken)
    {
        var prefix = RedisKeys.Worker("");
        var keys = new SortedSet<string>(StringComparer.Ordinal);
        await foreach (var key in redis.ScanKeysAsync($"{prefix}*", cancellationToken: cancellationToken))
        {
            if (keys.Count < MaxWorkers)
                keys.Add(key);
        }
        var workers = new JsonArray();
        foreach (var key in keys)
        {
            var worker = new JsonObject { ["id"] = key[prefix.Length..] };
            var fields = await redis.HashGetAllAsync(key, cancellationToken);
            for (var i = 0; i < fields.Count; i++)
                worker[fields[i].Key] = fields.GetString(fields[i].Key);
            if (fields.Count > 0) // else it has expired since
                workers.Add(worker);
        }
        return workers;
    }
}
