using System.Buffers.Binary;
using System.Text;
using Speech.Tensors.Files;

namespace Speech.Tensors.PyTorch;

/// <summary>Where the entries of a zip archive lie in its file, for archives that store their entries as they are:
/// <code>
/// local header, name, extra, data (of each entry) … | central directory | zip64 end record, locator | end record, comment
/// </code>
/// Only the central directory is believed; of a local header nothing but the lengths of its name and extra field, which say where the data
/// begins.</summary>
/// <remarks>Source: PKWARE's APPNOTE 6.3.10, sections 4.3 and 4.5.3. System.IO.Compression does not tell where an entry lies.</remarks>
internal static class ZipDirectory
{
    public const uint LocalHeader = 0x04034b50;

    private const uint CentralHeader = 0x02014b50, EndRecord = 0x06054b50, Zip64EndRecord = 0x06064b50, Zip64Locator = 0x07064b50;
    private const int LocalHeaderLength = 30, CentralHeaderLength = 46, EndRecordLength = 22, Zip64EndRecordLength = 56,
    Zip64LocatorLength = 20;
    private const int Zip64Extra = 1;
    private const int MaximumCommentLength = ushort.MaxValue;
    private const int MaximumEntries = 200_000;
    private const int MaximumDirectoryBytes = 1 << 27;
    private const int Encrypted = 1;

    /// <summary>The entries by name.</summary>
    /// <exception cref="ModelFileException">The archive is damaged, compressed or encrypted.</exception>
    public static IReadOnlyDictionary<string, ZipEntry> Read(MappedFile file)
    {
        var (count, offset, length) = FindDirectory(file);
        if (count > MaximumEntries || length > MaximumDirectoryBytes || offset < 0 || length < 0 || offset > file.Length - length)
            throw Damaged(file, $"its directory of {count} entries in {length} bytes is impossible");

        var entries = new Dictionary<string, ZipEntry>(StringComparer.Ordinal);
        var directory = file.Slice(offset, (int)length);
        for (var i = 0L; i < count; i++)
        {
            if (directory.Length < CentralHeaderLength || U32(directory) != CentralHeader)
                throw Damaged(file, "its directory ends early");
            var (nameLength, extraLength, commentLength) = (U16(directory[28..]), U16(directory[30..]), U16(directory[32..]));
            var whole = CentralHeaderLength + nameLength + extraLength + commentLength;
            if (directory.Length < whole)
                throw Damaged(file, "its directory ends early");

            var name = Encoding.UTF8.GetString(directory.Slice(CentralHeaderLength, nameLength));
            var entry = ReadEntry(file, name, directory, directory.Slice(CentralHeaderLength + nameLength, extraLength));
            if (!entries.TryAdd(name, entry))
                throw Damaged(file, $"its entry '{name}' occurs twice");
            directory = directory[whole..];
        }

        return entries;
    }

    private static ZipEntry ReadEntry(MappedFile file, string name, ReadOnlySpan<byte> header, ReadOnlySpan<byte> extra)
    {
        var (flags, method) = (U16(header[8..]), U16(header[10..]));
        if (method != 0 || (flags & Encrypted) != 0)
            throw Damaged(file, $"its entry '{name}' is compressed or encrypted, which PyTorch never does");

        long stored = U32(header[20..]), length = U32(header[24..]), start = U32(header[42..]);
        var zip64 = Zip64Fields(extra);
        // Each of them is in the extra field only if it has no room in the header.
        length = Wide(length, ref zip64);
        stored = Wide(stored, ref zip64);
        start = Wide(start, ref zip64);
        if (stored != length || length < 0 || start < 0 || start > file.Length - LocalHeaderLength)
            throw Damaged(file, $"its entry '{name}' has impossible sizes");

        var local = file.Slice(start, LocalHeaderLength);
        if (U32(local) != LocalHeader)
            throw Damaged(file, $"its entry '{name}' is not where its directory says");
        var data = start + LocalHeaderLength + U16(local[26..]) + U16(local[28..]);
        return data <= file.Length - length ? new ZipEntry(data, length) : throw Damaged(file, $"it ends inside its entry '{name}'");

        long Wide(long value, ref ReadOnlySpan<byte> wide)
        {
            if (value != uint.MaxValue)
                return value;
            if (wide.Length < sizeof(long))
                throw Damaged(file, $"its entry '{name}' lacks its sizes");
            value = BinaryPrimitives.ReadInt64LittleEndian(wide);
            wide = wide[sizeof(long)..];
            return value;
        }
    }

    private static ReadOnlySpan<byte> Zip64Fields(ReadOnlySpan<byte> extra)
    {
        while (extra.Length >= 4)
        {
            var length = U16(extra[2..]);
            if (length > extra.Length - 4)
                return [];
            if (U16(extra) == Zip64Extra)
                return extra.Slice(4, length);
            extra = extra[(4 + length)..];
        }

        return [];
    }

    private static (long Count, long Offset, long Length) FindDirectory(MappedFile file)
    {
        var tailLength = (int)Math.Min(file.Length, EndRecordLength + MaximumCommentLength);
        var tailStart = file.Length - tailLength;
        var tail = file.Slice(tailStart, tailLength);
        for (var at = tailLength - EndRecordLength; at >= 0; at--)
        {
            var record = tail[at..];
            if (U32(record) != EndRecord || U16(record[20..]) != record.Length - EndRecordLength)
                continue;
            var (count, length, offset) = (U16(record[10..]), U32(record[12..]), U32(record[16..]));
            return count == ushort.MaxValue || length == uint.MaxValue || offset == uint.MaxValue
                ? FindZip64Directory(file, tailStart + at)
                : (count, offset, length);
        }

        throw Damaged(file, "it has no directory at its end");
    }

    private static (long Count, long Offset, long Length) FindZip64Directory(MappedFile file, long endRecord)
    {
        if (endRecord < Zip64LocatorLength)
            throw Damaged(file, "it lacks its large directory");
        var locator = file.Slice(endRecord - Zip64LocatorLength, Zip64LocatorLength);
        var at = BinaryPrimitives.ReadInt64LittleEndian(locator[8..]);
        if (U32(locator) != Zip64Locator || at < 0 || at > file.Length - Zip64EndRecordLength)
            throw Damaged(file, "it lacks its large directory");
        var record = file.Slice(at, Zip64EndRecordLength);
        if (U32(record) != Zip64EndRecord)
            throw Damaged(file, "it lacks its large directory");
        return (BinaryPrimitives.ReadInt64LittleEndian(record[32..]), BinaryPrimitives.ReadInt64LittleEndian(
            record[48..]), BinaryPrimitives.ReadInt64LittleEndian(record[40..]));
    }

    private static ModelFileException Damaged(MappedFile file, string what) =>
        new(file.Path, $"{what}: the archive is damaged; download it again.");

    private static ushort U16(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt16LittleEndian(bytes);

    private static uint U32(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt32LittleEndian(bytes);
}

/// <summary>The bytes of a stored entry in its file.</summary>
internal readonly record struct ZipEntry(long Offset, long Length);
