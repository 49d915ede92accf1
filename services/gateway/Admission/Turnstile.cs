namespace Speech.Gateway.Admission;

/// <summary>
/// One at a time, in the order of coming: who has passed and wants to pass again stands behind all who wait. So however many segments
/// somebody has, all get through equally often.
/// </summary>
internal sealed class Turnstile
{
    private readonly Lock _gate = new();
    private readonly LinkedList<Place> _places = new();

    /// <summary>Who waits, whoever's turn it is included.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
                return _places.Count;
        }
    }

    /// <summary>Takes the last place.</summary>
    public Place Join()
    {
        var place = new Place(this);
        lock (_gate)
        {
            _places.AddLast(place.Node);
            if (_places.First == place.Node)
                place.Call();
        }
        return place;
    }

    private void Leave(Place place)
    {
        lock (_gate)
        {
            if (place.Node.List is null)
                return;
            _places.Remove(place.Node);
            _places.First?.Value.Call();
        }
    }

    /// <summary>A place in the row; disposed of, it is given up, by whoever has passed or will not wait any more.</summary>
    internal sealed class Place : IDisposable
    {
        private readonly Turnstile _turnstile;
        private readonly TaskCompletionSource _turn = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Place(Turnstile turnstile)
        {
            _turnstile = turnstile;
            Node = new LinkedListNode<Place>(this);
        }

        /// <summary>Done when it is this one's turn, which lasts until it is disposed of.</summary>
        public Task Turn => _turn.Task;

        public LinkedListNode<Place> Node { get; }

        public void Call() => _turn.TrySetResult();

        public void Dispose() => _turnstile.Leave(this);
    }
}
