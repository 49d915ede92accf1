using Speech.Catalog;

namespace Speech.Gateway.Status;

/// <summary>Whether the models that transcribe make use of a client's prompt.</summary>
internal sealed class PromptUse(KnownWorkers workers)
{
    /// <summary>The model that leaves prompts out, if every worker that lives has such a one; else null.</summary>
    /// <returns>Null also when there is no worker, or Redis cannot be asked.</returns>
    public async Task<string?> FindModelWithoutAsync(CancellationToken cancellationToken)
    {
        var live = await workers.TranscribersAsync(cancellationToken) ?? [];
        return live.Count > 0 && live.All(worker => worker.Model is { } model && !WhisperCatalog.TakesPrompts(model)) ? live[^1].Model : null;
    }
}
