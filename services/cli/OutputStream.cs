using System.Runtime.InteropServices;

namespace Speech.Cli;

/// <summary>
/// Standard output where it is no terminal: each write goes out at once, and one that fails is told. (The console's own stream takes a
/// closed pipe for success, and the command would work on for nobody. A FileStream keeps a position of its own, and overwrites what
/// standard error puts into the same file.)
/// </summary>
internal sealed partial class OutputStream : Stream
{
    private const int StandardOutput = 1;

    // errno(3)
    private const int Interrupted = 4;
    private const int TryAgain = 11;
    private const int BrokenPipe = 32;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            var written = WriteTo(StandardOutput, buffer, (nuint)buffer.Length);
            if (written >= 0)
            {
                buffer = buffer[(int)written..];
                continue;
            }
            switch (Marshal.GetLastPInvokeError())
            {
                case Interrupted:
                    break;
                case TryAgain: // somebody else has made the pipe a non-blocking one
                    Thread.Sleep(Pause);
                    break;
                case var error:
                    throw new OutputException(
                        $"Cannot write the results to standard output: {Marshal.GetPInvokeErrorMessage(error)}", error == BrokenPipe);
            }
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint WriteTo(int file, ReadOnlySpan<byte> bytes, nuint count);
}
