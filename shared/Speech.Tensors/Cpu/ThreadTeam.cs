namespace Speech.Tensors.Cpu;

/// <summary>
/// Threads that run the pieces of one kernel call at a time. A model makes thousands of short parallel calls a second, so starting one must
/// cost about a microsecond and allocate nothing: the members spin for a while after each call before they sleep, the job is a struct on
/// the caller's stack, and the caller works too.
/// </summary>
/// <remarks>
/// <c>_state</c> holds an epoch (high half; odd while a job is open) and the number of members inside (low half). A member enters by
/// compare-and-swap on an open epoch it has not yet served; the caller closes the epoch when no piece is left and waits only for those that
/// entered. So a member that wakes late costs nothing.
/// </remarks>
internal sealed unsafe class ThreadTeam : IDisposable
{
    private const int SpinsBeforeSleep = 200;
    private readonly Lock _oneJobAtATime = new();
    private readonly SemaphoreSlim _wake = new(0);
    private readonly Thread[] _members;
    private long _state;
    private int _sleeping;
    private volatile bool _stopping;
    private void* _job;
    private delegate*<void*, int, int, void> _run;
    private int _pieces;
    private int _next;
    private Exception? _failure;

    /// <param name="threads">The caller included; at least 1.</param>
    public ThreadTeam(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        _members = new Thread[threads - 1];
        for (var i = 0; i < _members.Length; i++)
        {
            var member = i + 1;
            _members[i] = new Thread(() => Serve(member)) { IsBackground = true, Name = $"tensor-{member}" };
            _members[i].Start();
        }
    }

    public int Threads => _members.Length + 1;

    /// <summary>Runs <paramref name="job"/> for every piece from 0 to <paramref name="pieces"/>-1 and returns when all are done.</summary>
    public void Run<TJob>(ref TJob job, int pieces)
        where TJob : struct, IParallelJob
    {
        if (_members.Length == 0 || pieces <= 1)
        {
            for (var piece = 0; piece < pieces; piece++)
                job.Run(piece, 0);
            return;
        }

        lock (_oneJobAtATime)
        {
            // The job is a local of our caller: it stays where it is, and its caller's frame keeps what it refers to alive, until this
            // method returns.
#pragma warning disable CS8500
            fixed (TJob* pointer = &job)
#pragma warning restore CS8500
            {
                _job = pointer;
                _run = &RunPiece<TJob>;
                _pieces = pieces;
                _next = 0;
                _failure = null;
                Interlocked.Add(ref _state, 1L << 32);
                if (Volatile.Read(ref _sleeping) > 0)
                    _wake.Release(Math.Min(_members.Length, pieces - 1));
                Work(0);
                Interlocked.Add(ref _state, 1L << 32);
                var spin = default(SpinWait);
                while ((uint)Volatile.Read(ref _state) != 0)
                    spin.SpinOnce(-1);
            }

            if (_failure is { } failure)
                throw new InvalidOperationException($"A piece of a parallel kernel failed: {failure.Message}", failure);
        }
    }

    public void Dispose()
    {
        _stopping = true;
        if (_members.Length > 0)
            _wake.Release(_members.Length);
        foreach (var member in _members)
            member.Join();
        _wake.Dispose();
    }

    private static void RunPiece<TJob>(void* job, int piece, int thread)
        where TJob : struct, IParallelJob => System.Runtime.CompilerServices.Unsafe.AsRef<TJob>(job).Run(piece, thread);

    private void Serve(int member)
    {
        var served = 0L;
        while (!_stopping)
        {
            var state = AwaitOpenEpoch(served);
            if (_stopping)
                return;
            if (Interlocked.CompareExchange(ref _state, state + 1, state) != state)
                continue;
            served = state >> 32;
            Work(member);
            Interlocked.Decrement(ref _state);
        }
    }

    private long AwaitOpenEpoch(long served)
    {
        for (var spins = 0; !_stopping; spins++)
        {
            var state = Volatile.Read(ref _state);
            if (((state >> 32) & 1) == 1 && state >> 32 != served)
                return state;
            if (spins < SpinsBeforeSleep)
            {
                Thread.SpinWait(20);
                continue;
            }

            Interlocked.Increment(ref _sleeping);
            state = Volatile.Read(ref _state);
            if (((state >> 32) & 1) == 0 || state >> 32 == served)
                _wake.Wait();
            Interlocked.Decrement(ref _sleeping);
            spins = 0;
        }

        return 0;
    }

    private void Work(int thread)
    {
        try
        {
            for (var piece = Interlocked.Increment(ref _next) - 1; piece < _pieces; piece = Interlocked.Increment(ref _next) - 1)
                _run(_job, piece, thread);
        }
        catch (Exception failure)
        {
            // Kept for the caller of Run, who throws it; the other pieces go on.
            _failure = failure;
        }
    }
}
