using Speech.Client;
using Speech.Contracts;
using Speech.Lab.Fleet;

namespace Speech.Lab.Speakers;

/// <summary>Several speakers talk to a server at the same time, each on a connection of its own.</summary>
internal sealed class SpeakersRun(IReadOnlyList<SpeakerScript> scripts, SegmentTiming timing, bool realTime, TimeProvider clock)
{
    private readonly List<string> _problems = [];

    /// <summary>Called for each transcript as it arrives, one at a time.</summary>
    public Action<SpeakerScript, HeardSegment>? OnHeard { get; init; }

    /// <summary>Called for each translation as it arrives, one at a time.</summary>
    public Action<SpeakerScript, ReadTranslation>? OnRead { get; init; }

    /// <summary>Languages that all speakers want to read, too.</summary>
    public IReadOnlyList<string> Translate { get; init; } = [];

    /// <summary>Something that happens meanwhile, such as an accident.</summary>
    public Func<CancellationToken, Task>? Meanwhile { get; init; }

    /// <param name="url">The gateway of each speaker, by index.</param>
    /// <param name="fleet">To be watched, if it is ours.</param>
    public async Task<SpeakersReport> RunAsync(Func<int, Uri> url, LocalFleet? fleet, CancellationToken cancellationToken)
    {
        SpeakerSession[] sessions = [.. scripts.Select(script => new SpeakerSession(script, timing, Translate, clock, cancellationToken))];
        await using var monitor = fleet is null ? null : new FleetMonitor(fleet, clock);
        using var finished = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var watching = monitor?.WatchAsync(finished.Token) ?? Task.CompletedTask;
        var meanwhile = Meanwhile?.Invoke(finished.Token) ?? Task.CompletedTask;

        TimeSpan wall;
        QueueState? queue = null;
        try
        {
            var start = clock.GetTimestamp();
            await Task.WhenAll(sessions.Select((session, index) => TalkAsync(session, index, url(index), cancellationToken)));
            wall = clock.GetElapsedTime(start);
            if (monitor is not null)
                queue = await monitor.QueueAsync(cancellationToken);
        }
        finally
        {
            await finished.CancelAsync();
            await watching;
            await meanwhile.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (meanwhile.IsFaulted)
            _problems.Add(meanwhile.Exception.GetBaseException().Message);
        if (meanwhile.IsCanceled)
            _problems.Add("all had been said before what was to happen meanwhile could happen");

        var model = await Task.Run(
            () => ModelReference.TranscribeAsync(
                scripts.SelectMany(script => script.Utterances, (_, placed) => placed.Utterance), cancellationToken),
            cancellationToken);
        return SpeakersReport.Of(sessions, model, realTime, wall, monitor is null ? null : (monitor, queue!), _problems);
    }

    private async Task TalkAsync(SpeakerSession session, int index, Uri url, CancellationToken cancellationToken)
    {
        try
        {
            // People do not begin in the same instant, nor do their packets travel in step.
            if (realTime)
                await Task.Delay(TimeSpan.FromSeconds(index / (double)scripts.Count), clock, cancellationToken);
            await session.RunAsync(url, realTime, heard => Report(OnHeard, session.Script, heard), read => Report(
                OnRead, session.Script, read), cancellationToken);
        }
        catch (Exception error) when (error is SpeechClientException or MalformedMessageException)
        {
            lock (_problems)
                _problems.Add($"speaker {session.Script.Name}: {error.Message}");
        }
    }

    private void Report<T>(Action<SpeakerScript, T>? listener, SpeakerScript script, T what)
    {
        if (listener is null)
            return;
        lock (_problems)
            listener(script, what);
    }
}
