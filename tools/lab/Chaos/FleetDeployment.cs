using System.Diagnostics;
using Speech.Cli.Fleet;
using Speech.Lab.Fleet;
using Speech.Redis;
using StackExchange.Redis;

namespace Speech.Lab.Chaos;

/// <summary>
/// Processes of our own, which a supervisor starts again: two gateways, two STT workers, translation workers if wanted, and Redis.
/// </summary>
internal sealed class FleetDeployment(LocalFleet fleet, bool translates, TimeProvider clock) : IDeployment
{
    private const int GatewayCount = 2;
    private const int ResumeSeconds = 60;

    private static readonly TimeSpan RedisTimeout = TimeSpan.FromSeconds(2);

    private readonly FleetMonitor _monitor = new(fleet, clock);

    public IReadOnlyList<Uri> Gateways => [.. Enumerable.Range(0, GatewayCount).Select(fleet.Report.GatewayUrl)];

    public IReadOnlyList<string> Parts => [.. fleet.Report.Parts.Select(part => part.Name)];

    public bool Translates => translates;

    public TimeSpan ResumePatience { get; } = TimeSpan.FromSeconds(ResumeSeconds);

    public string WhereToLook => $"The services' logs are in {fleet.LogFolder}.";

    /// <exception cref="FleetException">It did not start.</exception>
    /// <exception cref="FileNotFoundException">The supervisor is not built.</exception>
    public static async Task<FleetDeployment> StartAsync(int translationWorkers, TimeProvider clock, CancellationToken cancellationToken)
    {
        var options = new FleetOptions
        {
            Name = "chaos",
            Gateways = GatewayCount,
            SttWorkers = 2,
            TranslationWorkers = translationWorkers,

            // A client may find no gateway for a while, and a job lose several workers: neither is what is tested here.
            Settings = [$"RESUME_SECONDS={ResumeSeconds}", "DRAIN_TIMEOUT_SECONDS=30", "MAX_DELIVERIES=50", "JOB_TIMEOUT_MS=10000"],
        };
        return new FleetDeployment(await LocalFleet.StartAsync(options, clock, cancellationToken), translationWorkers > 0, clock);
    }

    /// <summary>One that was killed and has not been started again cannot be harmed more.</summary>
    public Task<bool> IsUpAsync(string part, CancellationToken cancellationToken) => Task.FromResult(ProcessStatus.IsAlive(PidOf(part)));

    /// <summary>One that is gone by now needs no signal.</summary>
    public async Task SignalAsync(Signal signal, string part)
    {
        var name = signal switch
        {
            Signal.Kill => "-KILL",
            Signal.Terminate => "-TERM",
            Signal.Freeze => "-STOP",
            _ => "-CONT",
        };
        using var kill = Process.Start(new ProcessStartInfo("kill", [name, $"{PidOf(part)}"]) { RedirectStandardError = true })!;
        await kill.StandardError.ReadToEndAsync(CancellationToken.None);
        await kill.WaitForExitAsync(CancellationToken.None);
    }

    public async Task TellRedisAsync(params string[] command)
    {
        await using var redis = new RedisClient(
            RedisOptions.Parse(fleet.Report.RedisUrl) with { ClientName = "speech-chaos", CommandTimeout = RedisTimeout });
        try
        {
            await redis.ExecuteAsync(command[0], [.. command[1..]]);
        }
        catch (RedisException)
        {
            // It may also have closed this connection, as it was told to.
        }
    }

    public async Task<QueueState?> QueueAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _monitor.QueueAsync(cancellationToken);
        }
        catch (RedisException)
        {
            return null; // it is being started again
        }
    }

    public Task<string?> EndAsync(CancellationToken cancellationToken) => fleet.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await _monitor.DisposeAsync();
        await fleet.DisposeAsync();
    }

    private int PidOf(string part) => fleet.Report.Parts.Single(process => process.Name == part).Pid;
}
