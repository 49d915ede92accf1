using System.Threading.Channels;

namespace Speech.Workers;

/// <summary>
/// The way from the model's thread to Redis. Writing never waits and there is always room: a job has one outcome, and no more jobs
/// are held than this has places. While Redis is away finished results lie here, and nothing new is read.
/// </summary>
internal sealed class Outcomes(WorkerSettings settings, ModelQueue queue)
{
    private readonly Channel<Outcome> _channel = Channel.CreateBounded<Outcome>((2 * settings.Slots) + queue.UnheldCapacity);

    /// <exception cref="InvalidOperationException">More outcomes wait than jobs can be held: an error of this program.</exception>
    public void Post(Outcome outcome)
    {
        if (!_channel.Writer.TryWrite(outcome))
            throw new InvalidOperationException("More outcomes wait than jobs can be held.");
    }

    public IAsyncEnumerable<Outcome> ReadAllAsync(CancellationToken cancellationToken) => _channel.Reader.ReadAllAsync(cancellationToken);
}
