namespace Speech.Supervisor.Parts;

/// <summary>Parts that start and stop together.</summary>
internal sealed class Stage(IReadOnlyList<Part> parts) : IDisposable
{
    private readonly CancellationTokenSource _stop = new();

    public IReadOnlyList<Part> Parts => parts;

    /// <summary>Each part's running, once started.</summary>
    public IReadOnlyList<Task> Runs { get; private set; } = [];

    /// <summary>Starts all parts; completes when all are ready, fails as soon as one cannot be.</summary>
    public async Task StartAsync(CancellationToken winding, CancellationToken kill, CancellationToken giveUp)
    {
        Runs = [.. parts.Select(part => part.RunAsync(winding, _stop.Token, kill))];
        await foreach (var ready in Task.WhenEach(parts.Select(part => part.Ready)).WithCancellation(giveUp))
            await ready;
    }

    /// <summary>Completes when the processes of all parts have ended.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        // A part that gave up has said so already.
        await Task.WhenAll(Runs).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public void Dispose() => _stop.Dispose();
}
