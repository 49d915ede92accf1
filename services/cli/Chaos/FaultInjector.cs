using System.Diagnostics;
using Speech.Cli.Fleet;
using Speech.Redis;

namespace Speech.Cli.Chaos;

/// <summary>Makes the faults of a schedule happen.</summary>
/// <param name="cutClient">Breaks off the connection of a client, by its number.</param>
/// <param name="onFault">Learns of each as it happens.</param>
internal sealed class FaultInjector(LocalFleet fleet, Action<int> cutClient, Action<Fault> onFault, TimeProvider clock)
{
    private static readonly TimeSpan RedisTimeout = TimeSpan.FromSeconds(2);

    private readonly List<Task> _thawing = [];

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
                if (IsDownAlready(fault))
                    continue;
                onFault(fault);
                await HappenAsync(fault, cancellationToken);
                Happened[fault.Kind] = Happened.GetValueOrDefault(fault.Kind) + 1;
            }
        }
        finally
        {
            await Task.WhenAll(_thawing);
        }
    }

    private async Task HappenAsync(Fault fault, CancellationToken cancellationToken)
    {
        switch (fault.Kind)
        {
            case FaultKind.Kill:
                await SignalAsync("-KILL", PidOf(fault.Target));
                break;
            case FaultKind.Stop:
                await SignalAsync("-TERM", PidOf(fault.Target));
                break;
            case FaultKind.Freeze:
                var pid = PidOf(fault.Target);
                await SignalAsync("-STOP", pid);
                _thawing.Add(ThawAsync(pid, fault.Duration, cancellationToken));
                break;
            case FaultKind.CutClient:
                cutClient(int.Parse(fault.Target, System.Globalization.CultureInfo.InvariantCulture));
                break;
            case FaultKind.CutRedis:
                await TellRedisAsync(["CLIENT", "KILL", "TYPE", "normal"], ["CLIENT", "KILL", "TYPE", "pubsub"]);
                break;
            case FaultKind.FlushScripts:
                await TellRedisAsync(["SCRIPT", "FLUSH", "SYNC"]);
                break;
        }
    }

    /// <summary>One that was killed and has not been started again cannot be harmed more.</summary>
    private bool IsDownAlready(Fault fault) =>
        fault.Kind is FaultKind.Kill or FaultKind.Stop or FaultKind.Freeze && !ProcessStatus.IsAlive(PidOf(fault.Target));

    private int PidOf(string part) => fleet.Report.Parts.Single(process => process.Name == part).Pid;

    private async Task ThawAsync(int pid, TimeSpan after, CancellationToken cancellationToken)
    {
        await Task.Delay(after, clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await SignalAsync("-CONT", pid);
    }

    /// <summary>One that is gone by now needs no signal.</summary>
    private static async Task SignalAsync(string signal, int pid)
    {
        using var kill = Process.Start(new ProcessStartInfo("kill", [signal, $"{pid}"]) { RedirectStandardError = true })!;
        await kill.StandardError.ReadToEndAsync(CancellationToken.None);
        await kill.WaitForExitAsync(CancellationToken.None);
    }

    /// <summary>A Redis that is away or stands still does not hear it, which is no matter.</summary>
    private async Task TellRedisAsync(params string[][] commands)
    {
        await using var redis = new RedisClient(RedisOptions.Parse(fleet.Report.RedisUrl) with { ClientName = "speech-chaos", CommandTimeout = RedisTimeout });
        foreach (var command in commands)
        {
            try
            {
                await redis.ExecuteAsync([.. command.Select(argument => (RedisArgument)argument)]);
            }
            catch (RedisException)
            {
                // It may also have closed this connection, as it was told to.
            }
        }
    }
}
