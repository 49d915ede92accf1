using Microsoft.Win32.SafeHandles;

namespace Speech.Cli;

/// <summary>
/// Standard output where it is no terminal: each write goes out at once, and one that fails is told. (The console's own stream takes a closed
/// pipe for success, and the command would work on for nobody.)
/// </summary>
internal sealed class OutputStream : Stream
{
    private const int BrokenPipe = 32; // EPIPE

    private readonly FileStream _file = new(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);

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
        try
        {
            _file.Write(buffer);
        }
        catch (IOException e)
        {
            throw new OutputException($"Cannot write the results to standard output: {e.Message}", (e.HResult & 0xffff) == BrokenPipe, e);
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
