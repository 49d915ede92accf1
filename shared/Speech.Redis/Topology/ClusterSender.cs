using Microsoft.Extensions.Logging;

namespace Speech.Redis;

/// <summary>
/// Sends each command to the node of a cluster that has its keys. There is one connection to each master, and a table from slot to
/// master, which is read from whichever node answers first: at the beginning, when a connection fails and when a node redirects a
/// command (MOVED); that one slot is then corrected at once. A command that was redirected, or that waits for a node which has lost its
/// slot to another (failover), goes on to the right node by itself, for it has not run; commands for one key that are sent without
/// awaiting the one before may overtake each other on such a detour.
/// </summary>
internal sealed partial class ClusterSender : CommandSender
{
    // Far more than a cluster has; a bound on what a server can make us remember.
    private const int MaxNodes = 2000;

    private readonly ILogger _logger;
    private readonly bool _keepConnected;
    private readonly ClusterLocator _locator;
    private readonly Multiplexer _lobby;
    private readonly Multiplexer?[] _slots = new Multiplexer?[HashSlot.Count]; // elements are replaced one by one, and read without a lock
    private readonly Lock _gate = new();
    private readonly Dictionary<RedisEndpoint, Multiplexer> _nodes = []; // under the gate; one that is no master any more stays, unconnected
    private readonly SemaphoreSlim _refreshWanted = new(0, 1);
    private readonly SemaphoreSlim _refreshing = new(1);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _refreshLoop;

    private volatile Multiplexer[] _masters = [];
    private int _turn;
    private volatile bool _disposed;

    public ClusterSender(RedisOptions options, ILogger logger, bool keepConnected)
        : base(options)
    {
        _logger = logger;
        _keepConnected = keepConnected;
        _locator = new ClusterLocator(options);
        // Where commands wait until it is known who has their slot.
        _lobby = new Multiplexer(options, new SomeNode(this), logger, keepConnected: false);
        _refreshLoop = Task.Run(RefreshLoopAsync);
    }

    public override bool IsConnected => _masters.Any(master => master.IsConnected);

    public override Exception? LastFailure => _masters.Append(_lobby).Select(node => node.LastFailure).FirstOrDefault(failure => failure is not null);

    public override async ValueTask<IReadOnlyList<CommandSender>> ServersAsync(CancellationToken cancellationToken)
    {
        if (_masters.Length == 0)
            await RefreshAsync(cancellationToken);
        return _masters;
    }

    public override void Disconnect(Exception reason)
    {
        _lobby.Disconnect(reason);
        foreach (var node in Nodes())
            node.Disconnect(reason);
    }

    public override async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (_disposed)
                return;
            _disposed = true;
        }
        await _stopping.CancelAsync();
        await _refreshLoop;
        await _lobby.DisposeAsync();
        foreach (var node in Nodes())
            await node.DisposeAsync();
        _stopping.Dispose();
    }

    /// <summary>Sends a command on to where a node says that its slot is.</summary>
    public bool TryRedirect(PendingCommand command, Redirection redirection)
    {
        if (NodeAt(redirection.Server) is not { } node)
            return false;
        if (!redirection.IsAsk)
        {
            Volatile.Write(ref _slots[redirection.Slot], node);
            RequestRefresh();
        }
        node.SendEncoded(command);
        return true;
    }

    protected override void Send(PendingCommand command, ReadOnlySpan<RedisArgument> arguments)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        command.Route = new ClusterRoute(this, CommandKeys.SlotOf(arguments));
        command.Encode(arguments);
        NodeFor(command).SendEncoded(command);
    }

    private Multiplexer NodeFor(PendingCommand command)
    {
        var slot = command.Route!.Slot;
        return (slot == CommandKeys.AnySlot ? ConnectedMaster() : Volatile.Read(ref _slots[slot])) ?? _lobby;
    }

    private Multiplexer? ConnectedMaster()
    {
        var masters = _masters;
        var first = (int)((uint)Interlocked.Increment(ref _turn) % Math.Max(1, masters.Length));
        for (var i = 0; i < masters.Length; i++)
        {
            var master = masters[(first + i) % masters.Length];
            if (master.IsConnected)
                return master;
        }
        return masters.Length > 0 ? masters[first] : null;
    }

    private Multiplexer[] Nodes()
    {
        lock (_gate)
            return [.. _nodes.Values];
    }

    // Null when there are too many, or the cluster's client is disposed of.
    private Multiplexer? NodeAt(RedisEndpoint server)
    {
        lock (_gate)
        {
            if (_nodes.TryGetValue(server, out var node))
                return node;
            if (_disposed || _nodes.Count >= MaxNodes)
                return null;
            node = new Multiplexer(Options, new FixedServer(server), _logger, keepConnected: false) { OnFailure = RequestRefresh };
            _nodes.Add(server, node);
            return node;
        }
    }

    private void RequestRefresh()
    {
        try
        {
            if (_refreshWanted.CurrentCount == 0)
                _refreshWanted.Release();
        }
        catch (SemaphoreFullException)
        {
            return; // someone else was a little faster, and one refresh will do for both
        }
    }

    private async Task RefreshLoopAsync()
    {
        try
        {
            while (true)
            {
                await _refreshWanted.WaitAsync(_stopping.Token);
                try
                {
                    await RefreshAsync(_stopping.Token);
                }
                catch (RedisException e)
                {
                    Log.CannotRefresh(_logger, _locator.Name, e.Message); // whoever needs it will ask for it again
                }
                // A slot map that moves, with many commands under way, is asked for by each of them.
                await Task.Delay(Options.MinReconnectDelay, Options.TimeProvider, _stopping.Token);
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            return;
        }
    }

    private async Task<SlotMap> RefreshAsync(CancellationToken cancellationToken)
    {
        await _refreshing.WaitAsync(cancellationToken);
        try
        {
            var slots = await _locator.ReadSlotsAsync(cancellationToken);
            Apply(slots);
            return slots;
        }
        finally
        {
            _refreshing.Release();
        }
    }

    private void Apply(SlotMap map)
    {
        var masters = new HashSet<Multiplexer>();
        foreach (var (first, last, server) in map.Ranges)
        {
            if (NodeAt(server) is not { } node)
                continue;
            masters.Add(node);
            for (var slot = first; slot <= last; slot++)
                Volatile.Write(ref _slots[slot], node);
        }
        _masters = [.. masters];
        foreach (var node in Nodes())
        {
            node.KeepConnected(_keepConnected && masters.Contains(node));
            SendOn(node);
        }
        SendOn(_lobby);
    }

    private void SendOn(Multiplexer from)
    {
        foreach (var command in from.TakeWaiting(command => command.Route is not null && NodeFor(command) != from))
            NodeFor(command).SendEncoded(command);
    }

    /// <summary>Finds a node for commands that cannot wait for the slots to be known any longer.</summary>
    private sealed class SomeNode(ClusterSender cluster) : IServerLocator
    {
        public string Name => cluster._locator.Name;

        public async Task<RedisEndpoint> LocateAsync(CancellationToken cancellationToken) =>
            (await cluster.RefreshAsync(cancellationToken)).AnsweredBy;

        public Task MovedAsync(RedisEndpoint server, CancellationToken cancellationToken) => Task.Delay(Timeout.Infinite, cancellationToken);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Cannot find out which node has what in {Cluster}: {Reason}")]
        public static partial void CannotRefresh(ILogger logger, string cluster, string reason);
    }
}
