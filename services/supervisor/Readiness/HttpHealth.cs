using System.Globalization;
using System.Text.Json;
using Speech.Contracts.Server;
using Speech.Contracts.Text;

namespace Speech.Supervisor.Readiness;

/// <summary>
/// A service is ready when GET /health answers 200. Otherwise the answer says of each part how it is (Speech.Hosting's health), and of
/// what loads a model also "state": "failed", or how its "download" goes.
/// </summary>
internal static class HttpHealth
{
    private static readonly HttpClient Client = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false })
    {
        Timeout = TimeSpan.FromSeconds(2),
        MaxResponseContentBufferSize = 64 * 1024,
    };

    public static Probe At(Uri address) => async cancellationToken =>
    {
        var health = new Uri(address, "/health");
        try
        {
            using var response = await Client.GetAsync(health, cancellationToken);
            return (int)response.StatusCode == 200
                ? ProbeAnswer.Ready
                : Read($"{health} answers {(int)response.StatusCode}", await response.Content.ReadAsByteArrayAsync(cancellationToken));
        }
        catch (HttpRequestException error)
        {
            return ProbeAnswer.NotYet($"{health}: {error.Message}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return ProbeAnswer.NotYet($"{health} does not answer");
        }
    };

    /// <param name="summary">What is known without the body.</param>
    /// <param name="body">Of an answer that is not 200.</param>
    internal static ProbeAnswer Read(string summary, ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? Read(summary, document.RootElement) : ProbeAnswer.NotYet(summary);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // No JSON, or names and texts in it that are no Unicode.
            return ProbeAnswer.NotYet(summary);
        }
    }

    private static ProbeAnswer Read(string summary, JsonElement health)
    {
        var downloads = new List<string>();
        var troubles = new List<string>();
        foreach (var part in health.EnumerateObject())
        {
            if (part.Value.ValueKind != JsonValueKind.Object || Text(part.Value, "status") is null or "ok")
                continue;
            var trouble = $"{Printable(part.Name)}: {Text(part.Value, "error") ?? Text(part.Value, "state") ?? Text(part.Value, "status")}";
            if (Text(part.Value, "state") == "failed")
                return new ProbeAnswer(ProbeState.Failed, trouble);
            if (part.Value.TryGetProperty("download", out var download) && download.ValueKind == JsonValueKind.Object)
                downloads.Add(Describe(download));
            troubles.Add(trouble);
        }
        return downloads.Count > 0 ? new ProbeAnswer(ProbeState.Downloading, string.Join(", ", downloads))
            : ProbeAnswer.NotYet(troubles.Count > 0 ? $"{summary} ({string.Join("; ", troubles)})" : summary);
    }

    private static string Describe(JsonElement download)
    {
        var megabytes = (Megabytes(download, "bytes"), Megabytes(download, "total_bytes")) switch
        {
            ({ } bytes, { } total) => $", {bytes} of {total} MB",
            ({ } bytes, null) => $", {bytes} MB",
            _ => "",
        };
        var detail = Text(download, "detail") is { } text ? $" ({text})" : "";
        var doing = Text(download, "stage") switch
        {
            "waiting" => "waiting for another process that downloads",
            "resuming" => "checking what is here of",
            "retrying" => "trying again to download",
            _ => "downloading",
        };
        return $"{doing} {Text(download, "file")}{megabytes}{detail}";
    }

    private static string? Megabytes(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var bytes)
            ? (bytes / 1e6).ToString("F1", CultureInfo.InvariantCulture)
            : null;

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? Printable(value.GetString()!) : null;

    // It may go to a terminal.
    private static string Printable(string text) => PlainText.Escape(text);
}
