using System.Runtime.CompilerServices;
using Speech.Audio;
using Speech.Audio.Files;
using Speech.Cli.Client;
using Speech.Contracts;

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

    /// <summary>Hz, of files without a header.</summary>
    public int RawSampleRate { get; init; }

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>The server's messages about the recording.</summary>
    /// <param name="warn">Takes what is wrong with the file, though it can be read.</param>
    public async IAsyncEnumerable<ServerMessage> TranscribeAsync(
        string file, Action<string> warn, FileProgress progress, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (Directory.Exists(file))
            throw new IOException("this is a folder; name the files in it.");
        var clip = await Task.Run(() => AudioFile.Load(file, new AudioFileOptions { RawSampleRate = RawSampleRate }), cancellationToken);
        foreach (var warning in clip.Warnings)
            warn(warning);

        var client = new ResumingClient([Url], Session with { ClientId = ClientId.Create() }, Clock)
        {
            Speed = RealTime ? 1 : null,
            OnLost = lost => warn($"{lost.Message} Trying to go on."),
        };
        var sent = new SentAudio(Clock);
        progress.Begin(sent, clip.Duration + Tail);
        float[] samples = [.. clip.Samples, .. new float[(int)(Tail.TotalSeconds * AudioRate.Model)]];
        await foreach (var message in client.TranscribeAsync(samples, sent, cancellationToken))
            yield return message;
    }
}
