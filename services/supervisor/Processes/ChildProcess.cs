using System.Diagnostics;
using System.Text;
using Speech.Contracts.Text;

namespace Speech.Supervisor.Processes;

/// <summary>A running child, leader of its own session and process group; its output flows into its log until it ends.</summary>
internal sealed class ChildProcess : IDisposable
{
    private static readonly TimeSpan OutputGrace = TimeSpan.FromSeconds(1);

    private readonly Process _process;
    private readonly Task _output;

    public ChildProcess(Process process, RotatingLog log)
    {
        _process = process;
        Id = process.Id;
        process.StandardInput.Close();

        // Reads of a pipe block a thread: give each its own rather than starve the pool.
        _output = Task.WhenAll(
            Task.Factory.StartNew(() => Copy(process.StandardOutput.BaseStream, log), TaskCreationOptions.LongRunning),
            Task.Factory.StartNew(() => Copy(process.StandardError.BaseStream, log), TaskCreationOptions.LongRunning));
        Exited = WaitForExitAsync();
    }

    public int Id { get; }

    /// <summary>The exit code, once the process has ended and its last output is in the log.</summary>
    public Task<int> Exited { get; }

    public void Terminate()
    {
        if (!Exited.IsCompleted)
            Signal.ToProcess(Id, Signal.Terminate);
    }

    /// <summary>Kills it and whatever it started.</summary>
    public void Kill()
    {
        if (Exited.IsCompleted)
            return;
        Signal.ToGroup(Id, Signal.Kill);
        Signal.ToProcess(Id, Signal.Kill); // It may not have got as far as its own group.
    }

    public void Dispose() => _process.Dispose();

    private async Task<int> WaitForExitAsync()
    {
        await _process.WaitForExitAsync();

        // What it started and left behind would meet its successor, and holds its output open.
        Signal.ToGroup(Id, Signal.Kill);
        await Task.WhenAny(_output, Task.Delay(OutputGrace));
        return _process.ExitCode;
    }

    /// <summary>What a child prints is not all its own words: as plain text it steers no terminal on which the log is read.</summary>
    private static void Copy(Stream output, RotatingLog log)
    {
        using var reader = new StreamReader(output, Encoding.UTF8, detectEncodingFromByteOrderMarks: false);
        var encoder = Encoding.UTF8.GetEncoder(); // of characters that are cut in two by the end of a buffer
        var letters = new char[16 * 1024];
        while (reader.Read(letters) is > 0 and var count)
        {
            var text = PlainText.EscapeLines(new string(letters, 0, count));
            var bytes = new byte[Encoding.UTF8.GetMaxByteCount(text.Length + 1)];
            log.Write(bytes.AsSpan(0, encoder.GetBytes(text, bytes, flush: false)));
        }
    }
}
