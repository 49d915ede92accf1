using System.Globalization;
using Speech.Contracts;

namespace Speech.Hosting.Workers;

/// <summary>What happens to a delivery first, however it came here: it is held, read, and given to the model or given up.</summary>
internal sealed class JobIntake(HeldJobs held, ModelQueue queue, Outcomes outcomes, IJobHandler handler, WorkerSettings settings)
{
    public void Accept(Delivery delivery)
    {
        if (!held.TryHold(delivery))
            return;
        if (delivery.Deliveries > settings.MaxDeliveries)
        {
            GiveUp("max_deliveries", string.Create(
                CultureInfo.InvariantCulture, $"given to workers {delivery.Deliveries - 1} times, and none of them finished it"));
            return;
        }

        try
        {
            // What is not queued because the worker is stopping stays held, and is given back with the rest.
            queue.Add(handler.Read(delivery));
        }
        catch (MalformedMessageException exception)
        {
            GiveUp("malformed_job", exception.Message);
        }

        void GiveUp(string code, string message) => outcomes.Post(new GivenUp(delivery, code, message));
    }
}
