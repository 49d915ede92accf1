using System.Buffers;

namespace Speech.Redis;

/// <summary>
/// A command on its way: waiting (encoded, in a buffer of its own), then in flight. It stays in its queue even when its caller has
/// given up, so that its reply is still counted and skipped.
/// </summary>
internal abstract class PendingCommand(string name, long deadline) : IDisposable
{
    private CancellationTokenRegistration _cancellation;
    private byte[]? _encoded;
    private int _encodedLength;

    public string Name { get; } = name;

    /// <summary>TimeProvider timestamp at which the caller is told that time is up.</summary>
    public long Deadline { get; } = deadline;

    /// <summary>Where the command ends in the bytes of its connection.</summary>
    public long EndOffset { get; set; }

    /// <summary>In a cluster: who sends the command on when it has come to the wrong node.</summary>
    public ClusterRoute? Route { get; set; }

    public abstract bool IsCompleted { get; }

    public ReadOnlySpan<byte> Encoded => _encoded.AsSpan(0, _encodedLength);

    /// <param name="reply">The server's answer.</param>
    /// <param name="from">The server.</param>
    public abstract void Complete(RespValue reply, RedisEndpoint from);

    public abstract void Fail(Exception error);

    protected abstract void Cancel(CancellationToken cancellationToken);

    public void LinkTo(CancellationToken cancellationToken)
    {
        if (cancellationToken.CanBeCanceled)
            _cancellation = cancellationToken.UnsafeRegister(static (command, token) => ((PendingCommand)command!).Cancel(token), this);
    }

    /// <summary>Encodes the command into a rented buffer, for a command that cannot go out yet, or may have to go out again.</summary>
    public int Encode(ReadOnlySpan<RedisArgument> arguments)
    {
        _encoded = ArrayPool<byte>.Shared.Rent(RespWriter.MaxLength(arguments));
        var output = new FixedBuffer(_encoded);
        return _encodedLength = RespWriter.Write(output, arguments);
    }

    /// <summary>Gives the buffer back. To be called by whoever takes the command out of its last queue, and nobody else.</summary>
    public void ReleaseEncoded()
    {
        if (_encoded is { } buffer)
            ArrayPool<byte>.Shared.Return(buffer);
        _encoded = null;
        _encodedLength = 0;
    }

    public void Dispose() => _cancellation.Unregister();

    private sealed class FixedBuffer(byte[] buffer) : IBufferWriter<byte>
    {
        private int _used;

        public void Advance(int count) => _used += count;

        public Memory<byte> GetMemory(int sizeHint = 0) => buffer.AsMemory(_used);

        public Span<byte> GetSpan(int sizeHint = 0) => buffer.AsSpan(_used);
    }
}

internal sealed class PendingCommand<T>(string name, long deadline, Func<RespValue, T> convert) : PendingCommand(name, deadline)
{
    private readonly TaskCompletionSource<T> _source = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<T> Task => _source.Task;

    public override bool IsCompleted => _source.Task.IsCompleted;

    // The reply is read even when nobody waits for it any more: a late confirmation of a subscription still counts.
    public override void Complete(RespValue reply, RedisEndpoint from)
    {
        if (Route is { } route)
        {
            if (reply.IsError && !IsCompleted && route.TrySendOn(this, reply.AsString()!, from))
                return;
            ReleaseEncoded();
        }
        Dispose();
        if (reply.IsError)
        {
            _source.TrySetException(new RedisServerException(reply.AsString()!));
            return;
        }
        try
        {
            _source.TrySetResult(convert(reply));
        }
        catch (RedisProtocolException e)
        {
            _source.TrySetException(new RedisProtocolException($"{Name}: {e.Message}"));
        }
        catch (Exception e)
        {
            _source.TrySetException(e); // the connection's other commands are not to suffer
        }
    }

    public override void Fail(Exception error)
    {
        Dispose();
        _source.TrySetException(error);
    }

    protected override void Cancel(CancellationToken cancellationToken) => _source.TrySetCanceled(cancellationToken);
}
