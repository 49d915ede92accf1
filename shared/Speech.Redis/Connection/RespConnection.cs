using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.IO.Pipelines;
using System.Net.Security;
using System.Net.Sockets;

namespace Speech.Redis;

/// <summary>
/// One socket, from connect to close. Commands are encoded into a pipe that one loop sends, taking whatever has gathered there at
/// once; another loop reads replies and hands each to the oldest command in flight. It never reconnects: <see cref="Multiplexer"/>
/// makes a new one.
/// </summary>
internal sealed class RespConnection : IAsyncDisposable
{
    private const int ReadBufferBytes = 64 * 1024;
    private const int WriteBufferBytes = 32 * 1024;

    private readonly RedisOptions _options;
    private readonly IConnectionOwner _owner;
    private readonly Socket _socket;
    private readonly Stream _stream;
    private readonly PipeReader _input;
    private readonly Pipe _output;
    private readonly RespReader _reader;
    private readonly ConcurrentQueue<PendingCommand> _inFlight = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly Task _completion;

    private bool _closed; // under the owner's gate
    private Exception? _closeReason;
    private long _enqueued; // under the owner's gate
    private long _encodedBytes; // under the owner's gate
    private long _answered; // written by the reading loop only
    private long _handedOverBytes; // written by the sending loop only
    private long _lastReceived;

    private RespConnection(RedisOptions options, RedisEndpoint server, IConnectionOwner owner, Socket socket, Stream stream)
    {
        _options = options;
        Server = server;
        _owner = owner;
        _socket = socket;
        _stream = stream;
        _reader = new RespReader(options.Limits);
        _input = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: ReadBufferBytes, minimumReadSize: 4096));
        _output = new Pipe(new PipeOptions(
            minimumSegmentSize: WriteBufferBytes, pauseWriterThreshold: 0, useSynchronizationContext: false));
        _lastReceived = options.TimeProvider.GetTimestamp();
        _completion = RunAsync();
    }

    /// <summary>Ends, without an exception, when the connection is closed and every command in flight has been answered or failed.</summary>
    public Task Completion => _completion;

    public RedisEndpoint Server { get; }

    public Exception? CloseReason => Volatile.Read(ref _closeReason);

    /// <summary>Whether another command may be sent now. Call under the owner's gate.</summary>
    public bool HasRoom => !_closed
        && _enqueued - Volatile.Read(ref _answered) < _options.MaxInFlight
        && _encodedBytes - Volatile.Read(ref _handedOverBytes) < _options.MaxOutgoingBytes;

    /// <summary>Whether no command waits for its reply. Call under the owner's gate.</summary>
    public bool IsIdle => !_closed && _enqueued == Volatile.Read(ref _answered);

    public TimeSpan SinceLastReceived => _options.TimeProvider.GetElapsedTime(Volatile.Read(ref _lastReceived));

    /// <summary>Opens the socket and, for rediss://, TLS on it. The caller introduces itself to the server next.</summary>
    public static async Task<RespConnection> OpenAsync(
        RedisOptions options, RedisEndpoint server, IConnectionOwner owner, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        Stream? stream = null;
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            await socket.ConnectAsync(server.Host, server.Port, cancellationToken);
            stream = new NetworkStream(socket, ownsSocket: true);
            if (options.UseTls)
            {
                var tls = new SslStream(stream, leaveInnerStreamOpen: false);
                stream = tls;
                await tls.AuthenticateAsClientAsync(
                    new SslClientAuthenticationOptions
                    {
                        TargetHost = server.Host,
                        RemoteCertificateValidationCallback = options.CertificateValidation,
                    },
                    cancellationToken);
            }
            return new RespConnection(options, server, owner, socket, stream);
        }
        catch
        {
            if (stream is not null)
                await stream.DisposeAsync();
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Encodes a command and puts it in flight. Call under the owner's gate.</summary>
    public void Send(PendingCommand command, ReadOnlySpan<RedisArgument> arguments)
    {
        if (_closed)
        {
            command.EndOffset = long.MaxValue;
            command.Fail(LostConnection(command));
            return;
        }
        _encodedBytes += RespWriter.Write(_output.Writer, arguments);
        Enqueue(command);
    }

    /// <summary>Sends a command that was encoded before. Call under the owner's gate, when there is room.</summary>
    public void SendEncoded(PendingCommand command)
    {
        if (command.Route?.TakeAsking() == true)
            Send(new PendingCommand<bool>("ASKING", command.Deadline, static _ => true), ["ASKING"]);
        _output.Writer.Write(command.Encoded);
        _encodedBytes += command.Encoded.Length;
        if (command.Route is null)
            command.ReleaseEncoded(); // otherwise it may have to go elsewhere
        Enqueue(command);
    }

    /// <summary>Tells the callers of commands in flight whose time is up; their replies are still awaited and skipped.</summary>
    /// <returns>Whether there were any.</returns>
    public bool FailExpired(long now)
    {
        if (!_inFlight.TryPeek(out var oldest) || oldest.Deadline > now)
            return false;
        foreach (var command in _inFlight)
        {
            if (command.Deadline > now)
                break;
            if (!command.IsCompleted)
                command.Fail(new RedisTimeoutException($"{command.Name} got no reply from {Server} in time.", WasHandedOver(command)));
        }
        return true;
    }

    /// <summary>Closes at once. Commands in flight fail with this reason; the first one given counts.</summary>
    public void Close(Exception reason)
    {
        lock (_owner.Gate)
        {
            if (_closed)
                return;
            _closed = true;
            Volatile.Write(ref _closeReason, reason);
        }
        _closing.Cancel();
        _socket.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        Close(new OperationCanceledException("it was given up before it was ready."));
        await _completion;
    }

    private void Enqueue(PendingCommand command)
    {
        command.EndOffset = _encodedBytes;
        _enqueued++;
        _inFlight.Enqueue(command);
        var flushed = _output.Writer.FlushAsync(); // never waits: the pipe has no threshold, HasRoom bounds it
        Debug.Assert(flushed.IsCompleted);
    }

    private async Task RunAsync()
    {
        await Task.WhenAll(SendLoopAsync(), ReadLoopAsync());
        await _stream.DisposeAsync();
        await _input.CompleteAsync();
        lock (_owner.Gate)
            _output.Writer.Complete();
        await _output.Reader.CompleteAsync();
        while (_inFlight.TryDequeue(out var command))
        {
            if (!command.IsCompleted)
                command.Fail(LostConnection(command));
            command.ReleaseEncoded();
        }
        _closing.Dispose();
    }

    private RedisConnectionException LostConnection(PendingCommand command)
    {
        var maybeExecuted = WasHandedOver(command);
        return new($"The connection to {Server} was lost before {command.Name} was {(maybeExecuted ? "answered" : "sent")}: "
            + CloseReason!.Message, maybeExecuted, CloseReason)
        { WasInFlight = true };
    }

    private bool WasHandedOver(PendingCommand command) => command.EndOffset <= Volatile.Read(ref _handedOverBytes);

    private async Task SendLoopAsync()
    {
        try
        {
            while (true)
            {
                var result = await _output.Reader.ReadAsync(_closing.Token);
                foreach (var piece in result.Buffer)
                {
                    // Counted before: a failing write may still have sent it all.
                    Volatile.Write(ref _handedOverBytes, _handedOverBytes + piece.Length);
                    await _stream.WriteAsync(piece, _closing.Token);
                }
                _output.Reader.AdvanceTo(result.Buffer.End);
                _owner.MadeRoom(this);
            }
        }
        catch (Exception e) // whatever ended the loop ends the connection, and every command in flight is told so
        {
            Close(e);
        }
    }

    private async Task ReadLoopAsync()
    {
        try
        {
            while (true)
            {
                var result = await _input.ReadAsync(_closing.Token);
                Volatile.Write(ref _lastReceived, _options.TimeProvider.GetTimestamp());
                var answered = _answered;
                var consumed = ReadReplies(result.Buffer, ref answered);
                _input.AdvanceTo(consumed, result.Buffer.End);
                if (answered != _answered)
                {
                    Volatile.Write(ref _answered, answered);
                    _owner.MadeRoom(this);
                }
                if (result.IsCompleted)
                    throw new EndOfStreamException("the server closed the connection.");
            }
        }
        catch (Exception e) // whatever ended the loop ends the connection, and every command in flight is told so
        {
            Close(e);
        }
    }

    private SequencePosition ReadReplies(ReadOnlySequence<byte> buffer, ref long answered)
    {
        var input = new SequenceReader<byte>(buffer);
        while (_reader.TryRead(ref input, out var reply))
        {
            if (reply.Kind == RespKind.Push && !_owner.ReceivePush(reply))
                continue;
            if (!_inFlight.TryDequeue(out var command))
                throw reply.IsError // before it hangs up: too many clients, protected mode
                    ? new RedisServerException(reply.AsString()!)
                    : new RedisProtocolException($"The server sent '{reply}', which answers no command.");
            answered++;
            command.Complete(reply, Server);
            if (reply.IsError && reply.AsString()!.StartsWith("READONLY ", StringComparison.Ordinal))
                Close(new IOException("the server has become a replica.")); // whoever connects next looks for the master
        }
        return input.Position;
    }
}

/// <summary>What a connection needs from the one that opened it.</summary>
internal interface IConnectionOwner
{
    /// <summary>Guards the writing side of the connection and the owner's own state.</summary>
    Lock Gate { get; }

    /// <summary>Bytes were sent or replies came: waiting commands may go.</summary>
    void MadeRoom(RespConnection connection);

    /// <summary>Takes a push message; true if it is the reply to the oldest command in flight (SUBSCRIBE is answered so).</summary>
    bool ReceivePush(RespValue push);
}
