namespace Speech.SttWorker;

/// <summary>
/// What waits for the model's thread. Finals come first; an interim is given out only while finals leave half of the slots free, and
/// is dropped when it is stale, when a later revision of its segment comes, or when the segment's final does. The model's thread
/// waits here; everybody else only adds.
/// </summary>
internal sealed class ModelQueue(SttWorkerSettings settings, TimeProvider time, WorkerStatistics statistics)
{
    private readonly object _gate = new(); // a Monitor, to wait on
    private readonly List<FinalJob> _finals = [];
    private readonly List<InterimJob> _interims = [];
    private bool _closed;

    private int Waiting => _finals.Count + _interims.Count;

    /// <summary>Interims from their arrival here until their result is published.</summary>
    public Occupancy Interims { get; } = new();

    /// <summary>The most <see cref="Interims"/>.</summary>
    public int InterimCapacity { get; } = InterimsOf(settings);

    public static int InterimsOf(SttWorkerSettings settings) => Math.Max(1, settings.Slots / 2);

    /// <summary>False when the worker is stopping.</summary>
    public bool Add(FinalJob job)
    {
        lock (_gate)
        {
            if (_closed)
                return false;
            Drop(interim => interim.IsOfSameSegment(job));
            _finals.Add(job);
            Monitor.Pulse(_gate);
            return true;
        }
    }

    /// <summary>False when there is no room for it, or the worker is stopping: it is dropped.</summary>
    public bool Add(InterimJob job)
    {
        lock (_gate)
        {
            Drop(interim => interim.IsOfSameSegment(job));
            if (_closed || Interims.Count >= InterimCapacity || _finals.Any(job.IsOfSameSegment))
                return false;
            _interims.Add(job);
            Interims.Enter();
            Monitor.Pulse(_gate);
            return true;
        }
    }

    /// <summary>The next final, if one waits: the oldest of the client that has the fewest in the model, so that nobody's long queue keeps others out.</summary>
    /// <param name="inModel">How many of a client's jobs are being decoded.</param>
    public FinalJob? TakeFinal(Func<string, int> inModel)
    {
        lock (_gate)
        {
            var job = _finals.MinBy(final => inModel(final.Audio.ClientId));
            if (job is not null)
                _finals.Remove(job);
            return job;
        }
    }

    /// <summary>The next interim, if one waits and the finals leave room for it.</summary>
    /// <param name="finalsInModel">Finals being decoded.</param>
    public InterimJob? TakeInterim(int finalsInModel)
    {
        lock (_gate)
        {
            if (_finals.Count > 0 || finalsInModel > settings.Slots / 2)
                return null;
            var now = time.GetTimestamp();
            Drop(interim => interim.StaleAt <= now);
            if (_interims.Count == 0)
                return null;
            var job = _interims[0];
            _interims.RemoveAt(0);
            return job;
        }
    }

    /// <summary>Waits until there is a job, and then a little for a second one: two cost less together than one after the other.</summary>
    /// <returns>False when the worker is stopping and nothing is left to do.</returns>
    public bool WaitForJob()
    {
        lock (_gate)
        {
            while (Waiting == 0)
            {
                if (_closed)
                    return false;
                Monitor.Wait(_gate);
            }

            var begun = time.GetTimestamp();
            while (settings.Slots > 1 && Waiting == 1 && !_closed
                && settings.BatchTimeout - time.GetElapsedTime(begun) is var left && left > TimeSpan.Zero)
            {
                Monitor.Wait(_gate, left);
            }

            return true;
        }
    }

    /// <summary>Nothing is added from now on. Finals that have not been begun are handed over, to be given to someone else.</summary>
    public IReadOnlyList<FinalJob> Close()
    {
        lock (_gate)
        {
            _closed = true;
            FinalJob[] waiting = [.. _finals];
            _finals.Clear();
            Drop(_ => true);
            Monitor.Pulse(_gate);
            return waiting;
        }
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
