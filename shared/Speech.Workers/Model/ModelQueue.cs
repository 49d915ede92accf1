using Speech.Workers.Jobs;

namespace Speech.Workers.Model;

/// <summary>
/// What waits for the model's thread. That thread waits here; everybody else only adds. A kind of worker that has jobs which may be
/// dropped derives from it.
/// </summary>
public class ModelQueue(WorkerSettings settings, WorkerCapacity capacity, TimeProvider time)
{
    private readonly List<ModelJob> _jobs = [];

    /// <summary>Jobs without a delivery, from when they are added until they <see cref="Leave"/>.</summary>
    public virtual int Unheld => 0;

    /// <summary>What is held and has not been begun.</summary>
    public int HeldWaiting
    {
        get
        {
            lock (Gate)
                return _jobs.Count;
        }
    }

    /// <summary>A Monitor: held while anything here is looked at, and pulsed when something was added.</summary>
    protected object Gate { get; } = new();

    protected bool IsClosed { get; private set; }

    /// <summary>What is held and has not been begun.</summary>
    protected IReadOnlyList<ModelJob> Waiting => _jobs;

    /// <summary>All that could be taken.</summary>
    protected virtual int WaitingCount => _jobs.Count;

    /// <summary>Adds a job that is held.</summary>
    /// <returns>False when the worker is stopping.</returns>
    public virtual bool Add(ModelJob job)
    {
        lock (Gate)
        {
            if (IsClosed)
                return false;
            _jobs.Add(job);
            Monitor.Pulse(Gate);
            return true;
        }
    }

    /// <summary>
    /// The next job, if one waits: the oldest of the client that has the fewest in the model, so that nobody's long queue keeps others out.
    /// </summary>
    /// <param name="active">What is in the model.</param>
    public virtual ModelJob? Take(IReadOnlyCollection<ModelJob> active)
    {
        lock (Gate)
        {
            var next = _jobs.MinBy(job => active.Count(other => other.ClientId == job.ClientId));
            if (next is not null)
                _jobs.Remove(next);
            return next;
        }
    }

    /// <summary>A job without a delivery has come to its end.</summary>
    public virtual void Leave(ModelJob job, bool isDone)
    {
    }

    /// <summary>Waits until there is a job, and then a little for a second one: two cost less together than one after the other.</summary>
    /// <returns>False when the worker is stopping and nothing is left to do.</returns>
    public bool WaitForJob()
    {
        lock (Gate)
        {
            while (WaitingCount == 0)
            {
                if (IsClosed)
                    return false;
                Monitor.Wait(Gate);
            }

            var begun = time.GetTimestamp();
            while (capacity.Slots > 1 && WaitingCount == 1 && !IsClosed
                && settings.BatchTimeout - time.GetElapsedTime(begun) is var left && left > TimeSpan.Zero)
            {
                Monitor.Wait(Gate, left);
            }

            return true;
        }
    }

    /// <summary>Nothing is added from now on. What is held and has not been begun is handed over, to be given to someone else.</summary>
    public virtual IReadOnlyList<JobDelivery> Close()
    {
        lock (Gate)
        {
            IsClosed = true;
            JobDelivery[] waiting = [.. _jobs.Select(job => job.Delivery!)];
            _jobs.Clear();
            Monitor.Pulse(Gate);
            return waiting;
        }
    }
}
