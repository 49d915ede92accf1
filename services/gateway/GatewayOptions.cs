using Speech.Audio;
using Speech.Audio.Segmentation;
using Speech.Hosting;
using Speech.Hosting.Settings;

namespace Speech.Gateway;

/// <summary>
/// The gateway's settings. Those of every service (PORT, HOST, REDIS_URL, LOG_LEVEL, HISTORY_TTL_SECONDS …) are Speech.Hosting's.
/// </summary>
internal sealed record GatewayOptions
{
    /// <summary>MAX_SESSIONS: sessions at a time, counting those whose last segments wait for Redis; more are refused with 4000.</summary>
    public int MaxSessions { get; init; } = 200;

    /// <summary>
    /// MAX_QUEUE_DEPTH: with so many segments in <c>audio_jobs</c>, new sessions are refused with 4000, and running ones get one
    /// segment at a time into the queue; interim results stop at half of it.
    /// </summary>
    public int MaxQueueDepth { get; init; } = 1000;

    /// <summary>MAX_OUTSTANDING_SEGMENTS: of one client; with so many untranscribed, its socket is read no further.</summary>
    public int MaxOutstandingSegments { get; init; } = 32;

    /// <summary>
    /// MAX_HELD_MB: of audio that was accepted and is not in Redis, because it is away; with more, sockets are read no further.
    /// </summary>
    public long MaxHeldBytes { get; init; } = 512L << 20;

    /// <summary>
    /// RESUME_SECONDS: how long a client whose connection broke off in mid-speech is waited for before what it had said by then becomes a
    /// segment. One that is back earlier says it again, and is heard as if nothing had happened.
    /// </summary>
    public TimeSpan ResumePatience { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>MAX_SESSIONS_PER_KEY: of all clients of this gateway that show the same credentials; 0: as many as MAX_SESSIONS.</summary>
    public int MaxSessionsPerKey { get; init; } = 50;

    /// <summary>
    /// MAX_SESSIONS_PER_ADDRESS: of all clients of this gateway at the same address that show no credentials; half of MAX_SESSIONS, unless
    /// it is set. 0: as many as MAX_SESSIONS.
    /// </summary>
    public int MaxSessionsPerAddress { get; init; } = 100;

    /// <summary>
    /// MAX_CONNECTIONS_PER_ADDRESS: TCP connections of one address, whatever they carry, that are open at a time; more are cut off. Half of
    /// MAX_CONNECTIONS, unless it is set; 0: as many. Trusted proxies may have any number.
    /// </summary>
    public int MaxConnectionsPerAddress { get; init; } = 5000;

    /// <summary>MAX_SESSION_SECONDS: a session that has lasted so long is closed with 4002; its client may resume. 0: for ever.</summary>
    public TimeSpan MaxSessionLength { get; init; } = TimeSpan.FromHours(4);

    /// <summary>
    /// MAX_AUDIO_RATE: seconds of audio a second that one client may send, averaged over a minute; 4004 beyond. 0: no limit.
    /// </summary>
    public double MaxAudioRate { get; init; } = 100;

    /// <summary>MAX_AUDIO_RATE_PER_KEY: the same for all clients that show the same credentials. 0: no limit.</summary>
    public double MaxAudioRatePerKey { get; init; } = 500;

    /// <summary>MAX_AUDIO_RATE_PER_ADDRESS: the same for all clients at the same address that show none. 0: no limit.</summary>
    public double MaxAudioRatePerAddress { get; init; } = 500;

    /// <summary>MAX_MESSAGE_BYTES: of one WebSocket message.</summary>
    public int MaxMessageBytes { get; init; } = 1 << 20;

    /// <summary>SILENCE_THRESHOLD_SECONDS: silence that ends a segment.</summary>
    public double SilenceThresholdSeconds { get; init; } = new SegmenterOptions().SilenceSeconds;

    /// <summary>
    /// WIRE_JITTER_SECONDS: a client that sends no audio for SILENCE_THRESHOLD_SECONDS and so much more has come to the end of what it was
    /// saying.
    /// </summary>
    public TimeSpan WireJitter { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long no audio must come to be taken for silence; RESUME_SECONDS more where nothing else comes either.</summary>
    public TimeSpan WirePatience => TimeSpan.FromSeconds(SilenceThresholdSeconds) + WireJitter;

    /// <summary>INTERIM_INTERVAL_MS: how often an open segment is sent to be transcribed, for clients with <c>interim=true</c>.</summary>
    public TimeSpan InterimInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>CLIENT_TIMEOUT_SECONDS: a client from which no frame came for so long is closed with 4006.</summary>
    public TimeSpan ClientTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>SLOW_CLIENT_SECONDS: a client that takes nothing of what it is sent for so long is dropped.</summary>
    public TimeSpan SlowClientTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>RESULT_TIMEOUT_SECONDS: after <c>stop</c>, how long without any new result until the session ends with 1011.</summary>
    public TimeSpan ResultTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long a gateway that is shut down tries to get what it holds into Redis: what DRAIN_TIMEOUT_SECONDS leaves beside closing
    /// the connections.
    /// </summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(2.4);

    /// <summary>AUDIO_LIBRARIES: by which libraries Opus is decoded and sample rates are changed.</summary>
    public AudioLibraryChoice AudioLibraries { get; init; } = AudioLibraryChoice.Auto;

    /// <summary>MODEL_DIR: looked into before the built-in models; null: these only.</summary>
    public string? ModelFolder { get; init; }

    public static GatewayOptions From(EnvironmentSettings settings)
    {
        var defaults = new GatewayOptions();
        var maxSessions = settings.GetInt("MAX_SESSIONS", defaults.MaxSessions, min: 1, max: 100_000);
        var maxConnections = ConnectionLimits.MaxConnections(settings);
        return new GatewayOptions
        {
            MaxSessions = maxSessions,
            MaxQueueDepth = settings.GetInt("MAX_QUEUE_DEPTH", defaults.MaxQueueDepth, min: 1, max: 10_000_000),
            MaxOutstandingSegments = settings.GetInt("MAX_OUTSTANDING_SEGMENTS", defaults.MaxOutstandingSegments, min: 1, max: 1024),
            MaxHeldBytes = (long)settings.GetInt("MAX_HELD_MB", (int)(defaults.MaxHeldBytes >> 20), min: 1, max: 1 << 20) << 20,
            ResumePatience = settings.GetSeconds("RESUME_SECONDS", defaults.ResumePatience.TotalSeconds, min: 0, max: 600),
            MaxSessionsPerKey = settings.GetInt("MAX_SESSIONS_PER_KEY", defaults.MaxSessionsPerKey, min: 0, max: 100_000),
            MaxSessionsPerAddress = settings.GetInt("MAX_SESSIONS_PER_ADDRESS", Math.Max(1, maxSessions / 2), min: 0, max: 100_000),
            MaxConnectionsPerAddress =
                settings.GetInt("MAX_CONNECTIONS_PER_ADDRESS", Math.Max(1, maxConnections / 2), min: 0, max: 1_000_000),
            MaxSessionLength = settings.GetSeconds(
                "MAX_SESSION_SECONDS", defaults.MaxSessionLength.TotalSeconds, min: 0, max: 30 * 24 * 3600),
            MaxAudioRate = settings.GetDouble("MAX_AUDIO_RATE", defaults.MaxAudioRate, min: 0, max: 1_000_000),
            MaxAudioRatePerKey = settings.GetDouble("MAX_AUDIO_RATE_PER_KEY", defaults.MaxAudioRatePerKey, min: 0, max: 1_000_000),
            MaxAudioRatePerAddress = settings.GetDouble(
                "MAX_AUDIO_RATE_PER_ADDRESS", defaults.MaxAudioRatePerAddress, min: 0, max: 1_000_000),
            MaxMessageBytes = settings.GetInt("MAX_MESSAGE_BYTES", defaults.MaxMessageBytes, min: 1024, max: 16 << 20),
            SilenceThresholdSeconds = settings.GetDouble("SILENCE_THRESHOLD_SECONDS", defaults.SilenceThresholdSeconds, min: 0.1, max: 10),
            WireJitter = settings.GetSeconds("WIRE_JITTER_SECONDS", defaults.WireJitter.TotalSeconds, min: 0.1, max: 3600),
            InterimInterval = settings.GetMilliseconds(
                "INTERIM_INTERVAL_MS", (int)defaults.InterimInterval.TotalMilliseconds, min: 100, max: 60_000),
            ClientTimeout = settings.GetSeconds("CLIENT_TIMEOUT_SECONDS", defaults.ClientTimeout.TotalSeconds, min: 1, max: 3600),
            SlowClientTimeout = settings.GetSeconds("SLOW_CLIENT_SECONDS", defaults.SlowClientTimeout.TotalSeconds, min: 0.1, max: 3600),
            ResultTimeout = settings.GetSeconds("RESULT_TIMEOUT_SECONDS", defaults.ResultTimeout.TotalSeconds, min: 0.1, max: 3600),
            DrainTimeout = 0.6 * settings.GetSeconds("DRAIN_TIMEOUT_SECONDS", 4, min: 0.1, max: 3600),
            AudioLibraries = settings.GetEnum("AUDIO_LIBRARIES", AudioLibraryChoice.Auto),
            ModelFolder = settings.FindString("MODEL_DIR"),
        };
    }
}
