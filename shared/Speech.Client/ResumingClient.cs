using System.Runtime.CompilerServices;
using Speech.Audio;
using Speech.Contracts.Server;
using Speech.Contracts.Sessions;

namespace Speech.Client;

/// <summary>
/// A client that comes back: whatever happens to its connection or its gateway, it goes on with the same <c>client_id</c>, at the next
/// gateway, asks for the results after the last that it has, and sends again what the server has not committed. So the messages it hands
/// over hold every result once, in order, as if there had been one connection.
/// </summary>
public sealed class ResumingClient(IReadOnlyList<Uri> gateways, SessionParameters session, TimeProvider clock)
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    /// <summary>A connection that fails while we send usually has a close frame on its way that says why.</summary>
    private static readonly TimeSpan GraceForCloseFrame = TimeSpan.FromSeconds(1);

    private volatile SpeechClient? _connection;
    private volatile Exception? _unreadable;
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

    /// <summary>Silence sent after the samples, so that speech that ends with them is heard to end.</summary>
    public TimeSpan Tail { get; init; }

    /// <summary>Ends the audio where it is: the server is told to stop, and what it makes of all before is still handed over.</summary>
    public CancellationToken StopAudio { get; init; }

    /// <inheritdoc cref="TranscribeAsync(ISampleSource, CancellationToken)"/>
    /// <param name="samples">16 kHz mono in -1..1.</param>
    /// <param name="cancellationToken">Hangs up.</param>
    public IAsyncEnumerable<ServerMessage> TranscribeAsync(ReadOnlyMemory<float> samples, CancellationToken cancellationToken) =>
        TranscribeAsync(new MemorySamples(samples), cancellationToken);

    /// <summary>Sends all samples, and hands over what the server says until it is done.</summary>
    /// <exception cref="SpeechClientException">The first connection could not be made, the server will not have us back, or it took too
    /// long.</exception>
    public async IAsyncEnumerable<ServerMessage> TranscribeAsync(
        ISampleSource samples, [EnumeratorCancellation] CancellationToken cancellationToken)
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
                var sending = Task.Run(() => SendAsync(client, samples, begun, end), CancellationToken.None);
                samples.Release(Position(client.Ready.Committed));
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
                            if (_unreadable is { } unreadable)
                                throw unreadable;
                            lost = new SpeechClientException("The connection to the server was lost while sending.", e);
                            break;
                        }
                        if (message is Committed committed)
                            samples.Release(Position(committed.Until));
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

    /// <summary>
    /// From where the server says that it has none of it. Packets are due by their place in the whole: who comes back catches up.
    /// </summary>
    private async Task SendAsync(SpeechClient client, ISampleSource samples, long begun, CancellationTokenSource end)
    {
        try
        {
            using var encoder = PacketEncoder.Create(session.Codec);
            using var audio = CancellationTokenSource.CreateLinkedTokenSource(end.Token, StopAudio);
            var frame = new float[PacketEncoder.FrameSamples];
            var position = Position(client.Ready.Committed);
            for (int filled; (filled = await FillAsync(samples, position, frame, begun, audio.Token)) > 0; position += filled)
                await client.SendAudioAsync(encoder.Encode(frame), end.Token);

            frame.AsSpan().Clear();
            for (var tail = TimeSpan.Zero; tail < Tail; tail += AudioPackets.Duration)
                await client.SendAudioAsync(encoder.Encode(frame), end.Token);
            if (encoder.Complete() is { IsEmpty: false } last)
                await client.SendAudioAsync(last, end.Token);
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
        catch (Exception e)
        {
            _unreadable = e;
            await end.CancelAsync();
        }
    }

    /// <summary>The next 20 ms, when they are due; what is missing at the end is silence.</summary>
    /// <returns>How many samples there were; 0 at the end of the audio.</returns>
    private async Task<int> FillAsync(ISampleSource samples, long position, float[] frame, long begun, CancellationToken cancellationToken)
    {
        var filled = 0;
        try
        {
            while (filled < frame.Length && !StopAudio.IsCancellationRequested
                && await samples.ReadAsync(position + filled, frame.AsMemory(filled), cancellationToken) is var read and > 0)
                filled += read;
            frame.AsSpan(filled).Clear();
            var due = TimeSpan.FromSeconds((position + frame.Length) / (double)AudioRate.Model);
            if (Speed is { } speed && filled > 0 && due / speed - clock.GetElapsedTime(begun) is var wait && wait > TimeSpan.Zero)
                await Task.Delay(wait, clock, cancellationToken);
            return filled;
        }
        catch (OperationCanceledException) when (StopAudio.IsCancellationRequested)
        {
            return 0;
        }
    }

    private static long Position(double seconds) => Math.Max(0, (long)Math.Round(seconds * AudioRate.Model));
}
