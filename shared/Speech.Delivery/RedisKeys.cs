namespace Speech.Delivery;

/// <summary>
/// The names of all that lies in Redis. With STREAM_SHARDS above 1, streams, sessions and histories are divided: <see cref="RedisShard"/>
/// has their names then.
/// </summary>
public static class RedisKeys
{
    /// <summary>Stream: finished segments to be transcribed. Its length is the queue's depth.</summary>
    public const string AudioJobs = "audio_jobs";

    /// <summary>Capped stream: segments that still go on, transcribed when nothing else waits.</summary>
    public const string InterimJobs = "audio_jobs:interim";

    /// <summary>Stream: transcripts to be translated.</summary>
    public const string TranslationJobs = "translation_jobs";

    /// <summary>The consumer group of the STT workers, on both streams of audio.</summary>
    public const string SttWorkers = "stt_workers";

    public const string TranslationWorkers = "translation_workers";

    /// <summary>Stream: jobs given up after too many deliveries.</summary>
    public static string Dead(string stream) => $"{stream}:dead";

    /// <summary>Channel: a client's results as they come, see <see cref="Contracts.Server.ResultEnvelope"/>.</summary>
    public static string Results(string clientId) => $"results:{clientId}";

    /// <summary>Stream: a client's results, with ids &lt;seq&gt;-0.</summary>
    public static string History(string clientId) => $"history:{clientId}";

    /// <summary>Hash: how far a client's segments and results have got.</summary>
    public static string Session(string clientId) => $"session:{clientId}";

    /// <summary>Channel: what gateways ask a gateway for. Also a hash that expires: the gateway's heartbeat.</summary>
    public static string Gateway(string gatewayId) => $"gateway:{gatewayId}";

    /// <summary>Hash that expires: a worker's heartbeat.</summary>
    public static string Worker(string workerId) => $"worker:{workerId}";
}
