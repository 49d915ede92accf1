namespace Speech.Supervisor.Readiness;

/// <summary>A service is ready when GET /health answers 200.</summary>
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
            return (int)response.StatusCode == 200 ? null : $"{health} answers {(int)response.StatusCode}";
        }
        catch (HttpRequestException error)
        {
            return $"{health}: {error.Message}";
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return $"{health} does not answer";
        }
    };
}
