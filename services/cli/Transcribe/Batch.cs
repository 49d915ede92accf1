using Speech.Client;
using Speech.Contracts;
using Speech.Contracts.Server;

namespace Speech.Cli.Transcribe;

/// <summary>Several files, some of them at once; a file that fails does not stop the others.</summary>
internal sealed class Batch(FileTranscriber transcriber, ITranscriptOutput output, int jobs)
{
    /// <param name="progress">One for each file.</param>
    /// <returns>How many files failed.</returns>
    public async Task<int> RunAsync(IReadOnlyList<string> files, IReadOnlyList<FileProgress> progress, CancellationToken cancellationToken)
    {
        var failures = 0;
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = jobs, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(Enumerable.Range(0, files.Count), parallel, async (index, stop) =>
        {
            if (transcriber.StopAudio.IsCancellationRequested)
                return;
            var file = new OutputFile(index, files[index]);
            if (!await TranscribeAsync(file, progress[index], stop))
                Interlocked.Increment(ref failures);
            progress[index].Finish();
            output.Complete(file);
        });
        return failures;
    }

    private async Task<bool> TranscribeAsync(OutputFile file, FileProgress progress, CancellationToken cancellationToken)
    {
        var complete = true;
        try
        {
            await foreach (var message in transcriber.TranscribeAsync(
                file.Name, warning => output.Complain(file, warning), progress, cancellationToken))
            {
                complete &= message is not (Failed or Warning { Code: "translation_unavailable" });
                output.Write(file, message);
            }

            return complete;
        }
        catch (Exception error) when (error is SpeechClientException or MalformedMessageException || FileProblem.IsOne(error))
        {
            output.Complain(file, error switch
            {
                SpeechClientException => error.Message,
                MalformedMessageException => $"the server sent what is not of this protocol: {error.Message}",
                _ => FileProblem.Describe(error, file.Name),
            });
            return false;
        }
    }
}
