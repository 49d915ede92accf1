using System.Globalization;
using Speech.Contracts;

namespace Speech.SttWorker;

/// <summary>What happens to a delivery first, however it came here: it is held, read, and given to the model or given up.</summary>
internal sealed class JobIntake(HeldJobs held, ModelQueue queue, Outcomes outcomes, SttWorkerSettings settings)
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
            queue.Add(new FinalJob(Read(delivery), delivery));
        }
        catch (MalformedMessageException exception)
        {
            GiveUp("malformed_job", exception.Message);
        }

        void GiveUp(string code, string message) => outcomes.Post(new GivenUp(delivery, code, message));
    }

    private static AudioJob Read(Delivery delivery)
    {
        if (!delivery.Entry.Fields.TryGet(AudioJobFields.Job, out var bytes))
            throw new MalformedMessageException($"the entry has no field '{AudioJobFields.Job}'", 0);
        var audio = AudioJob.Read(bytes);
        return audio.Kind == AudioJobKind.Final ? audio : throw new MalformedMessageException("an interim job among the finals", 0);
    }
}
