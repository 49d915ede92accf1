using System.Globalization;

namespace Speech.Lab.Chaos;

/// <summary>Makes the faults of a schedule happen.</summary>
/// <param name="cutClient">Breaks off the connection of a client, by its number.</param>
/// <param name="onFault">Learns of each as it happens.</param>
internal sealed class FaultInjector(IDeployment deployment, Action<int> cutClient, Action<Fault> onFault, TimeProvider clock)
{
    private readonly List<Task> _underWay = [];

    /// <summary>How many there were of each kind.</summary>
    public Dictionary<FaultKind, int> Happened { get; } = [];

    /// <summary>Runs the schedule; whatever stands still goes on when this returns.</summary>
    public async Task RunAsync(IReadOnlyList<Fault> schedule, CancellationToken cancellationToken)
    {
        var begun = clock.GetTimestamp();
        try
        {
            foreach (var fault in schedule)
            {
                if (fault.At - clock.GetElapsedTime(begun) is var wait && wait > TimeSpan.Zero)
                    await Task.Delay(wait, clock, cancellationToken);

                // One that was killed and has not been started again cannot be harmed more.
                if (fault.IsToPart && !await deployment.IsUpAsync(fault.Target, cancellationToken))
                    continue;
                onFault(fault);
                _underWay.Add(HappenAsync(fault, cancellationToken));
                Happened[fault.Kind] = Happened.GetValueOrDefault(fault.Kind) + 1;
            }
        }
        finally
        {
            await Task.WhenAll(_underWay);
        }
    }

    private async Task HappenAsync(Fault fault, CancellationToken cancellationToken)
    {
        switch (fault.Kind)
        {
            case FaultKind.Kill:
                await deployment.SignalAsync(Signal.Kill, fault.Target);
                break;
            case FaultKind.Stop:
                await deployment.SignalAsync(Signal.Terminate, fault.Target);
                break;
            case FaultKind.Freeze:
                await deployment.SignalAsync(Signal.Freeze, fault.Target);
                await Task.Delay(fault.Duration, clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                await deployment.SignalAsync(Signal.Thaw, fault.Target);
                break;
            case FaultKind.CutClient:
                cutClient(int.Parse(fault.Target, CultureInfo.InvariantCulture));
                break;
            case FaultKind.CutRedis:
                await deployment.TellRedisAsync("CLIENT", "KILL", "TYPE", "normal");
                await deployment.TellRedisAsync("CLIENT", "KILL", "TYPE", "pubsub");
                break;
            case FaultKind.FlushScripts:
                await deployment.TellRedisAsync("SCRIPT", "FLUSH", "SYNC");
                break;
        }
    }
}
