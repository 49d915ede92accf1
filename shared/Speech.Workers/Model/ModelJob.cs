namespace Speech.Workers;

/// <summary>Work for the model.</summary>
/// <param name="clientId">Whose it is.</param>
/// <param name="delivery">What this worker answers for, so that a result must come; null: nobody minds if it is dropped.</param>
public abstract class ModelJob(string clientId, Delivery? delivery)
{
    public string ClientId { get; } = clientId;

    public Delivery? Delivery { get; } = delivery;
}
