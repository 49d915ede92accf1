using System.Runtime.CompilerServices;
using Speech.Audio;
using Speech.Contracts;

namespace Speech.Cli.Client;

/// <summary>
/// A client that comes back: whatever happens to its connection or its gateway, it goes on with the same <c>client_id</c>, at the next gateway,
/// asks for the results after the last that it has, and sends again what the server has not committed. So the messages it hands over
/// hold every result once, in order, as if there had been one connection.
/// </summary>
internal sealed class ResumingClient(IReadOnlyList<Uri> gateways, SessionParameters session, TimeProvider clock)
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    /// <summary>A connection that fails while we send usually has a close frame on its way that says why.</summary>
    private static readonly TimeSpan GraceForCloseFrame = TimeSpan.FromSeconds(1);

    private volatile SpeechClient? _connection;
    private int _gateway;
    private long _lastSeq;

    // Since something came that is new: only then is the server doing its work.
    private long _progressAt;
    private TimeSpan _pause = ShortestPause;

    /// <summary>How fast the audio is sent, 1 being as it is spoken; null: as fast as the server takes it.</summary>
    public double? Speed { get; init; }

    /// <summary>How long it tries to come back, without anything new from the server, before it gives up.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The same for the first connection, where an address may be wrong: no time at all, if not said otherwise.</summary>
    public TimeSpan FirstPatience { get; init; }

    /// <summary>Limits of each connection.</summary>
    public Func<SpeechClientOptions, SpeechClientOptions> Configure { get; init; } = options => options;

    /// <summary>How often it has come back.</summary>
    public int Returns { get; private set; }

    /// <summary>The longest time from losing a connection to being ready on the next.</summary>
    public TimeSpan LongestAbsence { get; private set; }

    /// <summary>Learns why it had to come back.</summary>
    public Action<SpeechClientException>? OnLost { get; init; }

    /// <summary>Cuts the connection as a network would: the other end hears nothing of it.</summary>
    public void CutOff() => _connection?.Abort();

    /// <summary>Sends all samples, and hands over what the server says until it is done.</summary>
    /// <param name="samples">16 kHz mono in -1..1.</param>
    /// <param name="sent">Learns when each packet was sent first.</param>
    /// <exception cref="SpeechClientException">The first connection could not be made, the server will not have us back, or it took too long.</exception>
    public async IAsyncEnumerable<ServerMessage> TranscribeAsync(
        ReadOnlyMemory<float> samples, SentAudio? sent, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var begun = _progressAt = clock.GetTimestamp();
        var client = await BeginAsync(cancellationToken);
        while (true)
        {
            SpeechClientException lost;
            await using (client)
            {
                _connection = client;
                using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                var sending = Task.Run(() => SendAsync(client, samples, begun, sent, end), CancellationToken.None);
                var messages = client.ReadAllAsync(end.Token).GetAsyncEnumerator(end.Token);
                try
                {
                    while (true)
                    {
                        ServerMessage message;
                        try
                        {
                            if (!await messages.MoveNextAsync())
                                yield break;
                            message = messages.Current;
                        }
                        catch (SpeechClientException e)
                        {
                            lost = e;
                            break;
                        }
                        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
                        {
                            lost = new SpeechClientException("The connection to the server was lost while sending.", e);
                            break;
                        }
                        Note(message);
                        yield return message;
                    }
                }
                finally
                {
                    _connection = null;
                    await end.CancelAsync();
                    await sending;
                    await messages.DisposeAsync();
                }
            }

            var lostAt = clock.GetTimestamp();
            client = await ReturnAsync(lost, Patience, cancellationToken);
            if (clock.GetElapsedTime(lostAt) is var absence && absence > LongestAbsence)
                LongestAbsence = absence;
        }
    }

    private async Task<SpeechClient> BeginAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await ConnectAsync(session, cancellationToken);
        }
        catch (SpeechClientException e) when (FirstPatience > TimeSpan.Zero)
        {
            return await ReturnAsync(e, FirstPatience, cancellationToken);
        }
    }

    private async Task<SpeechClient> ReturnAsync(SpeechClientException lost, TimeSpan patience, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (!lost.MayComeBack || clock.GetElapsedTime(_progressAt) > patience)
                throw lost;
            OnLost?.Invoke(lost);
            var wait = RetryHint.Find(lost.Reason) is { } hint && hint > _pause ? hint : _pause * (0.5 + Random.Shared.NextDouble() / 2);
            await Task.Delay(wait, clock, cancellationToken);
            _pause = _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
            _gateway++;
            try
            {
                var client = await ConnectAsync(session with { ResumeFrom = _lastSeq }, cancellationToken);
                Returns++;
                return client;
            }
            catch (SpeechClientException e)
            {
                lost = e;
            }
        }
    }

    private void Note(ServerMessage message)
    {
        if (message is FinalResult result)
            _lastSeq = result.Seq;
        if (message is Ready or Warning)
            return;
        _progressAt = clock.GetTimestamp();
        _pause = ShortestPause;
    }

    private Task<SpeechClient> ConnectAsync(SessionParameters parameters, CancellationToken cancellationToken) => SpeechClient.ConnectAsync(
        Configure(new SpeechClientOptions { Url = gateways[_gateway % gateways.Count], Session = parameters }), clock, cancellationToken);

    /// <summary>From where the server says that it has none of it. Packets are due by their place in the whole: who comes back catches up.</summary>
    private async Task SendAsync(SpeechClient client, ReadOnlyMemory<float> samples, long begun, SentAudio? sent, CancellationTokenSource end)
    {
        try
        {
            var from = (int)Math.Clamp(Math.Round(client.Ready.Committed * AudioRate.Model), 0, samples.Length);
            var position = TimeSpan.FromSeconds(from / (double)AudioRate.Model);
            foreach (var packet in AudioPackets.Encode(samples[from..], session.Codec))
            {
                position += AudioPackets.Duration;
                if (Speed is { } speed && position / speed - clock.GetElapsedTime(begun) is var wait && wait > TimeSpan.Zero)
                    await Task.Delay(wait, clock, end.Token);
                await client.SendAudioAsync(packet, end.Token);
                sent?.AddThrough(position);
            }

            sent?.Complete();
            await client.StopAsync(end.Token);
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // The reader has ended, for a reason of its own.
        }
        catch (Exception e) when (e is SpeechClientException or System.Net.WebSockets.WebSocketException or ObjectDisposedException)
        {
            end.CancelAfter(GraceForCloseFrame);
        }
    }
}
