using System.Globalization;
using Speech.Contracts;
using Speech.Workers.Model;

namespace Speech.Workers.Jobs;

/// <summary>
/// What happens to a delivery first, however it came here: it is held, read, and given to the model, given up, or left to a worker whose
/// model can do it.
/// </summary>
internal sealed class JobIntake(
    HeldJobs held, WorkerCapacity capacity, ModelQueue queue, Outcomes outcomes, IJobHandler handler, WorkerSettings settings)
{
    public void Accept(JobDelivery delivery)
    {
        if (!held.TryHold(delivery))
            return;
        if (delivery.Deliveries > settings.MaxDeliveries)
        {
            // This delivery only finds that there were too many.
            GiveUp(delivery with { Deliveries = delivery.Deliveries - 1 }, "max_deliveries", string.Create(
                CultureInfo.InvariantCulture, $"given to workers {delivery.Deliveries - 1} times, and none of them finished it"));
            return;
        }

        try
        {
            var job = handler.Read(delivery);
            // What is not queued because the worker is stopping stays held, and is given back with the rest.
            if (capacity.Serves(job))
                queue.Add(job);
            else
                outcomes.Post(new Unserved(job));
        }
        catch (MalformedMessageException exception)
        {
            GiveUp(delivery, "malformed_job", exception.Message);
        }

        void GiveUp(JobDelivery given, string code, string message) => outcomes.Post(new GivenUp(given, code, message));
    }
}
