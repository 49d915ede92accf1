namespace Speech.Workers.Jobs;

/// <summary>Something a kind of worker reads besides its jobs, from when its model is ready until the worker stops.</summary>
public interface IReadingLoop
{
    Task RunAsync(CancellationToken cancellationToken);
}
