using Speech.SttWorker.Health;
using Speech.Workers;
using Speech.Workers.Jobs;
using Speech.Workers.Model;

namespace Speech.SttWorker.Engine;

/// <summary>
/// What waits for the model. Finals come first; an interim is given out only while finals leave half of the slots free, and is dropped
/// when it is stale, when a later revision of its segment comes, or when the segment's final does.
/// </summary>
internal sealed class SpeechQueue(WorkerSettings settings, WorkerCapacity capacity, TimeProvider time, SpeechStatistics statistics)
    : ModelQueue(settings, capacity, time)
{
    private readonly WorkerCapacity _capacity = capacity;
    private readonly TimeProvider _time = time;
    private readonly List<InterimJob> _interims = [];

    /// <summary>Interims from their arrival here until their result is published.</summary>
    public Occupancy Interims { get; } = new();

    public override int Unheld => Interims.Count;

    /// <summary>The most <see cref="Interims"/>: half of the slots.</summary>
    public int InterimCapacity => Math.Max(1, _capacity.Slots / 2);

    protected override int WaitingCount => base.WaitingCount + _interims.Count;

    public override bool Add(ModelJob job)
    {
        lock (Gate)
        {
            Drop(((FinalJob)job).IsOfSameSegment);
            return base.Add(job);
        }
    }

    /// <summary>False when there is no room for it, or the worker is stopping: it is dropped.</summary>
    public bool AddInterim(InterimJob job)
    {
        lock (Gate)
        {
            Drop(job.IsOfSameSegment);
            if (IsClosed || Interims.Count >= InterimCapacity || Waiting.Any(final => job.IsOfSameSegment((FinalJob)final)))
                return false;
            _interims.Add(job);
            Interims.Enter();
            Monitor.Pulse(Gate);
            return true;
        }
    }

    public override ModelJob? Take(IReadOnlyCollection<ModelJob> active)
    {
        lock (Gate)
            return base.Take(active) ?? TakeInterim(active.Count(job => job is FinalJob));
    }

    public override void Leave(ModelJob job, bool isDone)
    {
        if (isDone)
            statistics.InterimDone();
        else
            statistics.InterimsDropped(1);
        Interims.Leave();
    }

    public override IReadOnlyList<JobDelivery> Close()
    {
        lock (Gate)
        {
            Drop(_ => true);
            return base.Close();
        }
    }

    /// <summary>The next interim, if one waits and the finals leave room for it.</summary>
    private InterimJob? TakeInterim(int finalsInModel)
    {
        if (finalsInModel > _capacity.Slots / 2)
            return null;
        var now = _time.GetTimestamp();
        Drop(interim => interim.StaleAt <= now);
        if (_interims.Count == 0)
            return null;
        var job = _interims[0];
        _interims.RemoveAt(0);
        return job;
    }

    private void Drop(Predicate<InterimJob> which)
    {
        var dropped = _interims.RemoveAll(which);
        if (dropped == 0)
            return;
        statistics.InterimsDropped(dropped);
        Interims.Leave(dropped);
    }
}
