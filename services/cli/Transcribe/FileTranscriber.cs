using System.Runtime.CompilerServices;
using Speech.Audio.Files;
using Speech.Client;
using Speech.Contracts.Server;
using Speech.Contracts.Sessions;

namespace Speech.Cli.Transcribe;

/// <summary>One recording through one session, on as many connections as it takes.</summary>
internal sealed class FileTranscriber
{
    /// <summary>So that a recording that ends in the middle of a word ends its last segment like any other.</summary>
    private static readonly TimeSpan Tail = TimeSpan.FromMilliseconds(300);

    public required Uri Url { get; init; }

    /// <summary>For every file, but for the client's name, which is new each time.</summary>
    public required SessionParameters Session { get; init; }

    public bool RealTime { get; init; }

    /// <summary>How to read files without a header.</summary>
    public AudioFileOptions Raw { get; init; } = new();

    /// <summary>Ends the audio where it is; what has been said by then is still transcribed.</summary>
    public CancellationToken StopAudio { get; init; }

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>The server's messages about the recording.</summary>
    /// <param name="file">Its name, or "-" for standard input.</param>
    /// <param name="warn">Takes what is wrong with the file, though it can be read.</param>
    public async IAsyncEnumerable<ServerMessage> TranscribeAsync(
        string file, Action<string> warn, FileProgress progress, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var samples = await Task.Run(() => RecordedSamples.Open(file, Raw), cancellationToken);
        progress.Begin(samples);
        var client = new ResumingClient([Url], Session with { ClientId = ClientId.Create() }, Clock)
        {
            Speed = RealTime ? 1 : null,
            Tail = Tail,
            StopAudio = StopAudio,
            OnLost = lost => warn($"{lost.Message} Trying to go on."),
        };
        await foreach (var message in client.TranscribeAsync(samples, cancellationToken))
            yield return message;
        foreach (var warning in samples.Warnings)
            warn(warning);
    }
}
