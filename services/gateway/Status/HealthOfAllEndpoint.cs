using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Speech.Delivery;
using Speech.Redis;
using StackExchange.Redis;

namespace Speech.Gateway.Status;

/// <summary>
/// <c>GET /health/all</c>: every instance of every service, by its heartbeat in Redis.
/// <code>
/// {"status": "ok" | "starting" | "degraded",
///  "services": {"gateway": 2, "stt": 3, "translation": 1},
///  "instances": [{"id", "role", "status", then the other fields of its heartbeat}],
///  "error": what is missing?}
/// </code>
/// 200 when all is ok; 503 when an instance is not, when there is nobody to transcribe, or when Redis, and so everybody, is out of reach.
/// </summary>
internal sealed class HealthOfAllEndpoint(HeartbeatReader heartbeats, TimeProvider time)
{
    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly TimeSpan RedisTimeout = TimeSpan.FromSeconds(2);

    private readonly SharedAnswer<Answer> _answer = new(time);

    public async Task HandleAsync(HttpContext context)
    {
        var answer = await _answer.GetAsync(MakeAnswerAsync).WaitAsync(context.RequestAborted);
        context.Response.StatusCode = answer.IsOk ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        await context.Response.WriteAsync(answer.Body, context.RequestAborted);
    }

    private async Task<Answer> MakeAnswerAsync()
    {
        List<JsonObject> instances = [];
        string? error = null;
        try
        {
            using var timeout = new CancellationTokenSource(RedisTimeout, time);
            instances.AddRange(await heartbeats.ReadAsync(RedisKeys.Gateway(""), timeout.Token));
            instances.AddRange(await heartbeats.ReadAsync(RedisKeys.Worker(""), timeout.Token));
            if (!instances.Any(instance => RoleOf(instance) == "stt"))
                error = "there is no STT worker";
        }
        catch (Exception e) when (e is RedisException or OperationCanceledException)
        {
            error = "Redis cannot be asked";
        }
        foreach (var instance in instances)
            instance["status"] = StatusOf(instance);

        string[] statuses = [.. instances.Select(instance => (string)instance["status"]!)];
        var status = error is not null || statuses.Contains("degraded") ? "degraded" : statuses.Contains("starting") ? "starting" : "ok";
        var body = new JsonObject
        {
            ["status"] = status,
            ["services"] = new JsonObject(instances.CountBy(RoleOf).Select(role => KeyValuePair.Create(role.Key, (JsonNode?)role.Value))),
            ["instances"] = new JsonArray([.. instances]),
        };
        if (error is not null)
            body["error"] = error;
        return new Answer(status == "ok", body.ToJsonString(Json));
    }

    private static string RoleOf(JsonObject instance) => (string?)instance["role"] ?? "unknown";

    /// <summary>What beats lives; a worker is as well as its model.</summary>
    private static string StatusOf(JsonObject instance) => (string?)instance["model_state"] switch
    {
        null or "ready" => "ok",
        "loading" => "starting",
        _ => "degraded",
    };

    private sealed record Answer(bool IsOk, string Body);
}
