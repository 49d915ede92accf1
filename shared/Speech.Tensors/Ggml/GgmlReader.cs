using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Speech.Tensors.Files;

namespace Speech.Tensors.Ggml;

/// <summary>A cursor over a ggml file, for the model's own header. Every read names what it reads and checks that the file holds it
/// before anything is allocated, so that a damaged file gives a <see cref="ModelFileException"/> and no more.</summary>
public sealed class GgmlReader
{
    private readonly MappedFile _file;

    internal GgmlReader(MappedFile file) => _file = file;

    public string Path => _file.Path;

    public long Position { get; private set; }

    public long Remaining => _file.Length - Position;

    public int ReadInt32(string what) => BinaryPrimitives.ReadInt32LittleEndian(ReadBytes(sizeof(int), what));

    /// <exception cref="ModelFileException">The file ends first, or the value is outside the range.</exception>
    public int ReadInt32(string what, int minimum, int maximum)
    {
        var value = ReadInt32(what);
        return value >= minimum && value <= maximum
            ? value
            : throw Error($"{what} is {value}, expected {minimum}..{maximum}; the file is damaged or of another model.");
    }

    /// <summary>The next bytes, in the mapped file itself: valid until the file is disposed.</summary>
    public ReadOnlySpan<byte> ReadBytes(int count, string what)
    {
        if (count < 0 || count > Remaining)
            throw Error($"it ends inside {what} (byte {Position} of {_file.Length}, {count} more wanted); download it again.");

        var bytes = _file.Slice(Position, count);
        Position += count;
        return bytes;
    }

    public float[] ReadSingles(int count, string what)
    {
        if (count < 0 || (long)count * sizeof(float) > Math.Min(Remaining, int.MaxValue))
            throw Error($"it ends inside {what} (byte {Position} of {_file.Length}, {count} floats wanted); download it again.");

        return MemoryMarshal.Cast<byte, float>(ReadBytes(count * sizeof(float), what)).ToArray();
    }

    public ModelFileException Error(string problem, string? tensorName = null) => new(Path, problem, tensorName);

    internal void Skip(long count) => Position += count;
}
