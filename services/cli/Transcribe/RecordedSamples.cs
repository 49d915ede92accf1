using Speech.Audio;
using Speech.Audio.Files;
using Speech.Client;

namespace Speech.Cli.Transcribe;

/// <summary>The samples of a recording as they come; memory does not depend on how long it is.</summary>
internal abstract class RecordedSamples : ISampleSource, IDisposable
{
    /// <summary>What stands for it among names of files.</summary>
    public const string StandardInput = "-";

    /// <summary>What was wrong with what has been read, though it could be read.</summary>
    public abstract IReadOnlyList<string> Warnings { get; }

    /// <summary>0..1, of a recording of known length; null of others.</summary>
    public abstract double? Fraction { get; }

    /// <summary>A file, or "-" for standard input.</summary>
    /// <exception cref="AudioFormatException">It is nothing that we can read.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static RecordedSamples Open(string file, AudioFileOptions options)
    {
        if (file == StandardInput)
            return new LiveSamples(file, Console.OpenStandardInput, options);

        // Of a file the name tells what raw samples it has.
        options = options with { RawFormat = null };
        if (Directory.Exists(file))
            throw new IOException("this is a folder; name the files in it.");

        var found = new FileInfo(file);
        if (!found.Exists)
            throw new FileNotFoundException(null, file);

        // A pipe or a device has no length: nothing of it can be read twice, and to open it may take for ever.
        return found.Length > 0
            ? new FileSamples(file, options)
            : new LiveSamples(
                file, () => new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0), options);
    }

    public abstract ValueTask<int> ReadAsync(long position, Memory<float> samples, CancellationToken cancellationToken);

    public abstract void Release(long position);

    public abstract void Dispose();
}
