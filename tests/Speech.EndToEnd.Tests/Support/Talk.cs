using Speech.Audio;
using Speech.Client;
using Speech.Contracts.Server;
using Speech.Contracts.Sessions;
using Speech.Lab.Speakers;

namespace Speech.EndToEnd.Tests.Support;

/// <summary>One speaker on one connection, as fast as the gateway takes it, who can pause in the middle until the test says so.</summary>
internal sealed class Talk : IAsyncDisposable
{
    /// <summary>A close frame may be on its way when sending fails.</summary>
    private static readonly TimeSpan GraceForCloseFrame = TimeSpan.FromSeconds(5);

    private readonly SpeechClient _client;
    private readonly SpeakerScript _script;
    private readonly List<ServerMessage> _messages = [];
    private readonly TaskCompletionSource _paused = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _end = new(Until.Patience);

    private Talk(SpeechClient client, SpeakerScript script, double pauseAt)
    {
        _client = client;
        _script = script;
        Completed = RunAsync(pauseAt);
    }

    public Ready Ready => _client.Ready;

    public string ClientId => Ready.ClientId;

    /// <summary>Done when the server has said that it is; fails when the connection ended before.</summary>
    public Task Completed { get; }

    /// <summary>Done when all audio up to the pause has been sent.</summary>
    public Task Paused => _paused.Task;

    public IReadOnlyList<ServerMessage> Messages
    {
        get
        {
            lock (_messages)
                return [.. _messages];
        }
    }

    public IReadOnlyList<Translation> Translations => [.. Messages.OfType<Translation>()];

    public IReadOnlyList<Transcript> Transcripts => [.. Messages.OfType<Transcript>()];

    /// <summary>Whether all that was to be said is safe in Redis.</summary>
    public bool HasAllCommitted => Messages.OfType<Committed>().LastOrDefault()?.Until > _script.Seconds - 0.1;

    /// <summary>Connects, and begins to talk where the server says that this client's audio is safe up to.</summary>
    /// <param name="clientId">Of an earlier connection; null: a new one.</param>
    /// <param name="resumeFrom">The last result that the client has.</param>
    /// <param name="pauseAt">Seconds of the script.</param>
    public static async Task<Talk> BeginAsync(
        Uri gateway, SpeakerScript script, string? clientId = null, long? resumeFrom = null, double pauseAt = double.PositiveInfinity,
        params string[] translate)
    {
        var session = new SessionParameters { ClientId = clientId ?? Contracts.Sessions.ClientId.Create(), ResumeFrom = resumeFrom, Translate = translate };
        var client = await SpeechClient.ConnectAsync(new SpeechClientOptions { Url = gateway, Session = session });
        return new Talk(client, script, pauseAt);
    }

    /// <summary>Talks to the end.</summary>
    public static async Task<IReadOnlyList<Transcript>> WholeAsync(Uri gateway, SpeakerScript script)
    {
        await using var talk = await BeginAsync(gateway, script);
        await talk.Completed;
        return talk.Transcripts;
    }

    /// <summary>Ends the pause.</summary>
    public void GoOn() => _goOn.TrySetResult();

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await Completed.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _client.DisposeAsync();
        _end.Dispose();
    }

    private async Task RunAsync(double pauseAt)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
        var sending = Task.Run(() => SendAsync(pauseAt, stop));
        try
        {
            await foreach (var message in _client.ReadAllAsync(stop.Token))
            {
                lock (_messages)
                    _messages.Add(message);
            }
        }
        catch (OperationCanceledException) when (sending.IsFaulted)
        {
            await sending;
        }
        finally
        {
            await stop.CancelAsync();
            await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task SendAsync(double pauseAt, CancellationTokenSource stop)
    {
        try
        {
            var position = Ready.Committed;
            var samples = _script.Samples.AsMemory((int)Math.Round(position * AudioRate.Model));
            foreach (var packet in AudioPackets.Encode(samples, AudioCodec.Opus))
            {
                if (position >= pauseAt && _paused.TrySetResult())
                    await _goOn.Task.WaitAsync(stop.Token);
                await _client.SendAudioAsync(packet, stop.Token);
                position += AudioPackets.Duration.TotalSeconds;
            }

            await _client.StopAsync(stop.Token);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            stop.CancelAfter(GraceForCloseFrame);
            throw;
        }
    }
}
