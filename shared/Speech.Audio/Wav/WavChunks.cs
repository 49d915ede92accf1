using System.Buffers.Binary;
using System.Text;

namespace Speech.Audio.Wav;

/// <summary>
/// The chunks of a RIFF file, one after another: four letters, a length of 32 bits, the data, and a pad byte after odd lengths, which some
/// writers forget.
/// </summary>
internal ref struct WavChunks(Stream stream)
{
    private bool _padded;

    /// <summary>The next chunk, once the one before has been read or skipped whole. False at the end of the file.</summary>
    public bool TryNext(out string name, out uint length)
    {
        (name, length) = ("", 0);
        Span<byte> header = stackalloc byte[8];
        if (stream.ReadAtLeast(header, header.Length, throwOnEndOfStream: false) < header.Length)
            return false;
        if (_padded && !IsCommon(header))
        {
            // What stands first is the pad byte.
            header[1..].CopyTo(header);
            if (stream.Read(header[^1..]) == 0)
                return false;
        }
        name = Encoding.Latin1.GetString(header[..4]);
        length = BinaryPrimitives.ReadUInt32LittleEndian(header[4..]);
        _padded = (length & 1) != 0;
        return true;
    }

    /// <returns>Fewer than asked for at the end of the file.</returns>
    public readonly int Read(Span<byte> bytes) => stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);

    public readonly void Skip(uint count)
    {
        Span<byte> scratch = stackalloc byte[4096];
        while (count > 0)
        {
            var read = stream.Read(scratch[..(int)Math.Min(count, (uint)scratch.Length)]);
            if (read == 0)
                return;
            count -= (uint)read;
        }
    }

    private static bool IsCommon(ReadOnlySpan<byte> header) =>
        header.StartsWith("data"u8) || header.StartsWith("fmt "u8) || header.StartsWith("fact"u8) || header.StartsWith("LIST"u8);
}
