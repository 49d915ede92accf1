using Speech.Workers.Jobs;

namespace Speech.Workers.Model;

/// <summary>Work for the model.</summary>
/// <param name="clientId">Whose it is.</param>
/// <param name="delivery">What this worker answers for, so that a result must come; null: nobody minds if it is dropped.</param>
public abstract class ModelJob(string clientId, JobDelivery? delivery)
{
    public string ClientId { get; } = clientId;

    public JobDelivery? Delivery { get; } = delivery;

    /// <summary>Codes, as in <see cref="IBatchedModel.Languages"/>, of the languages that a model must serve to do it.</summary>
    public virtual IReadOnlyList<string> Languages => [];

    /// <summary>
    /// Whether it is done, as well as that may be, by a model that does not serve them, when there is no worker whose model does.
    /// </summary>
    public virtual bool IsDoneRegardless => false;
}
