namespace Speech.Gateway.Status;

/// <summary>Whether there is anyone who translates, or will as soon as it has its model.</summary>
internal sealed class TranslatorPresence(KnownWorkers workers)
{
    /// <returns>True also when Redis cannot be asked.</returns>
    public async Task<bool> IsAnyoneThereAsync(CancellationToken cancellationToken) =>
        await workers.TranslatorsAsync(cancellationToken) is not { Count: 0 };
}
