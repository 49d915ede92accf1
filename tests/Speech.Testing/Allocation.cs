namespace Speech.Testing;

/// <summary>What work allocates.</summary>
public static class Allocation
{
    private const int Runs = 5;

    /// <summary>
    /// Bytes that a piece of work allocates on this thread: the least of some runs, since a collection meanwhile (other tests run beside
    /// this one) counts what is left of the thread's allocation buffer as allocated.
    /// </summary>
    public static long Of(Action work)
    {
        var least = long.MaxValue;
        for (var run = 0; run < Runs; run++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            work();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        return least;
    }
}
