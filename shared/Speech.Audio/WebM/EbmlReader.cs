using System.Buffers.Binary;

namespace Speech.Audio.WebM;

/// <summary>
/// EBML (RFC 8794) as it arrives, cut anywhere: elements of an identifier (1 to 4 bytes), a size (1 to 8 bytes, or unknown) and data. Those
/// that only hold others are entered and never left: an identifier stands for one thing wherever it is, so that unknown sizes and any depth
/// need no stack. Of the rest the wanted ones are gathered, up to <see cref="MaxBytes"/>, and all others passed over.
/// </summary>
internal sealed class EbmlReader(Func<uint, EbmlKind> kindOf)
{
    /// <summary>More than any block of Opus or header of it.</summary>
    public const int MaxBytes = 64 * 1024;

    private byte[] _buffer = new byte[4096];
    private int _length;
    private uint _id;
    private int _wanted = -1;
    private ulong _skip;

    /// <summary>Elements that were wanted, but too long, and passed over.</summary>
    public long TooLong { get; private set; }

    /// <summary>Reads until a wanted element, or the beginning of one that holds others, is there, or the input is used up.</summary>
    /// <param name="data">Of a wanted element, valid until the next call; empty for one that holds others.</param>
    /// <exception cref="AudioFormatException">This is no EBML.</exception>
    public bool TryRead(ReadOnlySpan<byte> input, out int consumed, out uint id, out ReadOnlySpan<byte> data)
    {
        consumed = 0;
        id = 0;
        data = default;
        while (true)
        {
            if (_skip > 0)
            {
                var skipped = (int)Math.Min(_skip, (ulong)(input.Length - consumed));
                consumed += skipped;
                _skip -= (uint)skipped;
                if (_skip > 0)
                    return false;
            }
            if (_wanted >= 0)
            {
                if (!Gather(input, ref consumed, _wanted))
                    return false;
                id = _id;
                data = _buffer.AsSpan(0, _wanted);
                (_wanted, _length) = (-1, 0);
                return true;
            }
            if (!Gather(input, ref consumed, 1))
                return false;
            var idBytes = LengthOf(_buffer[0], 4);
            if (!Gather(input, ref consumed, idBytes + 1))
                return false;
            var sizeBytes = LengthOf(_buffer[idBytes], 8);
            if (!Gather(input, ref consumed, idBytes + sizeBytes))
                return false;
            if (Begin(ReadNumber(_buffer.AsSpan(0, idBytes)), _buffer.AsSpan(idBytes, sizeBytes)))
            {
                id = _id;
                return true;
            }
        }
    }

    /// <summary>A number of EBML: the position of its first 1 bit says how many bytes it has.</summary>
    /// <returns>How many bytes there are of it; 0 if it is not whole.</returns>
    public static int TryReadVint(ReadOnlySpan<byte> bytes, out ulong value)
    {
        value = 0;
        if (bytes.IsEmpty || bytes[0] == 0)
            return 0;
        var length = int.LeadingZeroCount(bytes[0]) - 23;
        if (bytes.Length < length)
            return 0;
        value = (bytes[0] & (0xffUL >> length)) << (8 * (length - 1)) | (length > 1 ? ReadNumber(bytes[1..length]) : 0);
        return length;
    }

    /// <summary>Up to 8 bytes, big-endian.</summary>
    public static ulong ReadNumber(ReadOnlySpan<byte> bytes)
    {
        Span<byte> whole = stackalloc byte[8];
        whole.Clear();
        bytes.CopyTo(whole[(8 - bytes.Length)..]);
        return BinaryPrimitives.ReadUInt64BigEndian(whole);
    }

    private static int LengthOf(byte first, int most) => int.LeadingZeroCount(first) - 23 is var length && length <= most
        ? length
        : throw new AudioFormatException("The WebM stream is damaged: an element begins with a byte that none has.");

    /// <returns>Whether it holds others.</returns>
    private bool Begin(ulong id, ReadOnlySpan<byte> sizeField)
    {
        _id = (uint)id;
        _length = 0;
        TryReadVint(sizeField, out var size);
        var isUnknown = size == (1UL << (7 * sizeField.Length)) - 1;
        switch (kindOf(_id))
        {
            case EbmlKind.Holder:
                return true;
            case EbmlKind.Wanted when size <= MaxBytes && !isUnknown:
                _wanted = (int)size;
                return false;
            case EbmlKind.Wanted:
                TooLong++;
                break;
        }
        if (isUnknown)
            throw new AudioFormatException($"The WebM stream is damaged: the element {_id:X} has no length.");
        _skip = size;
        return false;
    }

    private bool Gather(ReadOnlySpan<byte> input, ref int consumed, int wanted)
    {
        var taken = Math.Min(wanted - _length, input.Length - consumed);
        if (taken > 0)
        {
            if (_buffer.Length < wanted)
                Array.Resize(ref _buffer, Math.Max(wanted, 2 * _buffer.Length));
            input.Slice(consumed, taken).CopyTo(_buffer.AsSpan(_length));
            _length += taken;
            consumed += taken;
        }
        return _length >= wanted;
    }
}

internal enum EbmlKind
{
    /// <summary>To be passed over.</summary>
    Other,

    /// <summary>Holds other elements and nothing else.</summary>
    Holder,

    /// <summary>Its data matter.</summary>
    Wanted,
}
