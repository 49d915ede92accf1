using System.Threading.Channels;

namespace Speech.Workers.Model;

/// <summary>
/// The way from the model's thread to Redis. Writing never waits: a job is held until its one outcome has been dealt with, and droppable
/// ones until they leave the queue, so that no more can lie here than these two let in. While Redis is away finished results do, and
/// nothing new is read.
/// </summary>
internal sealed class Outcomes
{
    // Bounded by what may be held, of which the slots are known only when the model is.
    private readonly Channel<Outcome> _channel = Channel.CreateUnbounded<Outcome>();

    public void Post(Outcome outcome) => _channel.Writer.TryWrite(outcome);

    public IAsyncEnumerable<Outcome> ReadAllAsync(CancellationToken cancellationToken) => _channel.Reader.ReadAllAsync(cancellationToken);
}
