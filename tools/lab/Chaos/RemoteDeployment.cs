using System.Diagnostics;
using System.Text.Json;
using Speech.Lab.Fleet;

namespace Speech.Lab.Chaos;

/// <summary>
/// A server of which there is no more than its address: only the connections to it can be harmed, and only its status tells of its queues.
/// </summary>
internal sealed class RemoteDeployment : IDeployment
{
    private static readonly TimeSpan StatusTimeout = TimeSpan.FromSeconds(5);

    private readonly HttpClient _http = new() { Timeout = StatusTimeout };
    private readonly Uri _gateway;
    private readonly Uri _status;

    private RemoteDeployment(Uri gateway)
    {
        _gateway = gateway;
        _status = new UriBuilder(gateway) { Scheme = gateway.Scheme == "wss" ? "https" : "http", Path = "/api/status" }.Uri;
    }

    public IReadOnlyList<Uri> Gateways => [_gateway];

    public IReadOnlyList<string> Parts => [];

    public bool Translates { get; private set; }

    /// <summary>Nobody says what it is there; this is what it is unless set.</summary>
    public TimeSpan ResumePatience { get; } = TimeSpan.FromSeconds(5);

    public string WhereToLook => $"The server is {_gateway}.";

    /// <exception cref="FleetException">It does not answer.</exception>
    public static async Task<RemoteDeployment> FindAsync(Uri gateway, CancellationToken cancellationToken)
    {
        var deployment = new RemoteDeployment(gateway);
        try
        {
            var status = await deployment.StatusAsync(cancellationToken);
            deployment.Translates = status.GetProperty("workers").EnumerateArray()
                .Any(worker => worker.GetProperty("role").GetString() == "translation");
            return deployment;
        }
        catch (Exception e) when (IsNoStatus(e, cancellationToken))
        {
            await deployment.DisposeAsync();
            throw new FleetException($"{deployment._status} does not tell how the server is: {e.Message}");
        }
    }

    public Task<bool> IsUpAsync(string part, CancellationToken cancellationToken) => throw new UnreachableException();

    public Task SignalAsync(Signal signal, string part) => throw new UnreachableException();

    public Task TellRedisAsync(params string[] command) => throw new UnreachableException();

    public async Task<QueueState?> QueueAsync(CancellationToken cancellationToken)
    {
        try
        {
            var queue = (await StatusAsync(cancellationToken)).GetProperty("queue");
            return new QueueState(
                queue.GetProperty("audio_jobs").GetInt64() + queue.GetProperty("translation_jobs").GetInt64(), Pending: null, Dead: null);
        }
        catch (Exception e) when (IsNoStatus(e, cancellationToken))
        {
            return null;
        }
    }

    public Task<string?> EndAsync(CancellationToken cancellationToken) => Task.FromResult<string?>(null);

    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<JsonElement> StatusAsync(CancellationToken cancellationToken) =>
        JsonDocument.Parse(await _http.GetStringAsync(_status, cancellationToken)).RootElement;

    /// <summary>It is out of reach or slow, or something else answers there; without Redis a gateway's <c>queue</c> is null.</summary>
    private static bool IsNoStatus(Exception e, CancellationToken cancellationToken) =>
        e is HttpRequestException or JsonException or KeyNotFoundException or InvalidOperationException
        || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested);
}
