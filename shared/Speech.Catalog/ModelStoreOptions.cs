namespace Speech.Catalog;

/// <summary>Where model files lie and come from.</summary>
public sealed record ModelStoreOptions
{
    /// <summary>whisper.cpp's collection of ggml files.</summary>
    public static Uri DefaultBaseUrl { get; } = new("https://huggingface.co/ggerganov/whisper.cpp/resolve/main");

    /// <summary>Hugging Face.</summary>
    public static Uri DefaultHubUrl { get; } = new("https://huggingface.co");

    /// <summary>Downloaded models (<c>MODEL_DIR</c>); created when the first one comes.</summary>
    public string ModelFolder { get; init; } = DefaultModelFolder(Environment.GetEnvironmentVariable);

    /// <summary>The models that came with Speech; null: none.</summary>
    public string? BuiltInFolder { get; init; } = WhisperCatalog.BuiltInFolder();

    /// <summary>Named models are fetched from here (<c>MODEL_BASE_URL</c>): <c>ggml-tiny.bin</c> is one path segment below.</summary>
    public Uri BaseUrl { get; init; } = DefaultBaseUrl;

    /// <summary>Named translation models are fetched from here (<c>HF_ENDPOINT</c>), as <c>facebook/NAME/resolve/COMMIT/FILE</c>, unless
    /// <see cref="BaseUrl"/> names a mirror: then as <c>NAME/FILE</c> below that.</summary>
    public Uri HubUrl { get; init; } = DefaultHubUrl;

    /// <summary>Of the user, for the hub only (<c>HF_TOKEN</c>). Not public, so that no record's text shows it.</summary>
    internal HubToken? HubToken { get; init; }

    /// <summary>Use only what is here (<c>MODEL_OFFLINE</c>).</summary>
    public bool Offline { get; init; }

    /// <summary>A larger file is refused, whatever the server says of it. large-v3 has 3.1 GB, a shard of nllb-200-3.3B up to 10.</summary>
    public long MaximumBytes { get; init; } = 16L << 30;

    /// <summary>Attempts in a row that bring nothing, before giving up.</summary>
    public int MaximumAttempts { get; init; } = 6;

    /// <summary>Doubled with every attempt that brings nothing, up to half a minute, less a random part of it.</summary>
    public TimeSpan FirstRetryDelay { get; init; } = TimeSpan.FromSeconds(0.5);

    /// <summary>A server silent for longer counts as gone.</summary>
    public TimeSpan SilenceTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Named models come from a mirror of the user's and not from where they are published.</summary>
    internal bool IsMirrored => BaseUrl != DefaultBaseUrl;

    /// <summary>
    /// Reads <c>MODEL_DIR</c>, <c>MODEL_BASE_URL</c>, <c>MODEL_OFFLINE</c> (1, true or yes), <c>HF_ENDPOINT</c> and <c>HF_TOKEN</c>.
    /// </summary>
    /// <exception cref="FormatException">A variable makes no sense.</exception>
    public static ModelStoreOptions FromEnvironment() => FromEnvironment(Environment.GetEnvironmentVariable);

    /// <inheritdoc cref="FromEnvironment()"/>
    public static ModelStoreOptions FromEnvironment(Func<string, string?> variable)
    {
        var folder = variable("MODEL_DIR");
        var url = variable("MODEL_BASE_URL");
        var hub = variable("HF_ENDPOINT");
        return new ModelStoreOptions
        {
            ModelFolder = string.IsNullOrWhiteSpace(folder) ? DefaultModelFolder(variable) : Path.GetFullPath(folder),
            BaseUrl = string.IsNullOrWhiteSpace(url) ? DefaultBaseUrl : ParseBaseUrl(url),
            HubUrl = string.IsNullOrWhiteSpace(hub) ? DefaultHubUrl : ParseHubUrl(hub),
            HubToken = HubToken.Parse(variable("HF_TOKEN")),
            Offline = ParseSwitch("MODEL_OFFLINE", variable("MODEL_OFFLINE")),
        };
    }

    /// <exception cref="FormatException">Not an absolute http(s) URL.</exception>
    public static Uri ParseBaseUrl(string url) =>
        ModelUrl.TryParse(url, out var parsed)
            ? parsed
            : throw new FormatException($"MODEL_BASE_URL must be an http or https URL such as {DefaultBaseUrl}, not '{url}'.");

    private static Uri ParseHubUrl(string url) =>
        ModelUrl.TryParse(url, out var parsed)
            ? parsed
            : throw new FormatException($"HF_ENDPOINT must be an http or https URL such as {DefaultHubUrl}, not '{url}'.");

    /// <summary><c>$XDG_CACHE_HOME/speech/models</c>, or <c>~/.cache/speech/models</c>.</summary>
    private static string DefaultModelFolder(Func<string, string?> variable)
    {
        // The XDG base directory specification: a relative path is to be ignored.
        var cache = variable("XDG_CACHE_HOME");
        if (!Path.IsPathFullyQualified(cache ?? ""))
        {
            var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
            cache = home.Length > 0 ? Path.Combine(home, ".cache") : Path.GetTempPath();
        }

        return Path.Combine(cache!, "speech", "models");
    }

    private static bool ParseSwitch(string name, string? text) => text?.Trim().ToLowerInvariant() switch
    {
        null or "" or "0" or "false" or "no" => false,
        "1" or "true" or "yes" => true,
        _ => throw new FormatException($"{name} must be 1 or 0, not '{text}'."),
    };
}
