using System.Buffers.Binary;

namespace Speech.Audio.Ogg;

/// <summary>
/// Finds the pages in a byte stream that may arrive cut anywhere, with garbage anywhere. It holds at most one page
/// (65,307 bytes). A page whose checksum is wrong is not believed in any respect, so that the search for the next
/// one goes on just behind the false one's first letter.
/// </summary>
public sealed class OggPageReader
{
    /// <summary>
    /// Checking a false page costs up to 64 kB of reading and may advance the search by a few bytes only, which an attacker
    /// could use; no honest damage looks like that for long.
    /// </summary>
    private const int MaxFalsePagesInARow = 64;

    private byte[] _buffer = new byte[4096];
    private int _length;
    private int _delivered;
    private int _falsePagesInARow;

    /// <summary>Bytes that belonged to no valid page.</summary>
    public long SkippedBytes { get; private set; }

    /// <summary>Pages refused for their checksum.</summary>
    public long CorruptPages { get; private set; }

    /// <summary>Reads until a whole page is there or the input is used up.</summary>
    /// <param name="consumed">Bytes of <paramref name="input"/> used; go on behind them.</param>
    /// <param name="page">Valid until the next call.</param>
    /// <returns>Whether there is a page; if not, all input has been consumed.</returns>
    /// <exception cref="AudioFormatException">64 pages in a row had wrong checksums.</exception>
    public bool TryRead(scoped ReadOnlySpan<byte> input, out int consumed, out OggPage page)
    {
        consumed = 0;
        Discard(_delivered);
        _delivered = 0;
        while (true)
        {
            var wanted = Wanted();
            if (_length < wanted)
            {
                var taken = Math.Min(wanted - _length, input.Length - consumed);
                Append(input.Slice(consumed, taken));
                consumed += taken;
                if (_length < wanted)
                {
                    page = default;
                    return false;
                }
                continue;
            }
            if (!_buffer.AsSpan(0, 4).SequenceEqual(OggPage.CapturePattern) || _buffer[4] != 0)
            {
                Skip();
                continue;
            }
            if (OggCrc.OfPage(_buffer.AsSpan(0, wanted)) == BinaryPrimitives.ReadUInt32LittleEndian(_buffer.AsSpan(22)))
            {
                _falsePagesInARow = 0;
                _delivered = wanted;
                page = Parse(wanted);
                return true;
            }
            CorruptPages++;
            if (++_falsePagesInARow >= MaxFalsePagesInARow)
                throw new AudioFormatException(
                    $"{MaxFalsePagesInARow} Ogg pages in a row have wrong checksums: the stream is damaged beyond repair.");
            Skip();
        }
    }

    /// <summary>
    /// How many bytes must be here before there is something to decide: first a header, then its lacing values, then the page.
    /// </summary>
    private int Wanted()
    {
        if (_length < OggPage.HeaderBytes || !_buffer.AsSpan(0, 4).SequenceEqual(OggPage.CapturePattern))
            return OggPage.HeaderBytes;
        var header = OggPage.HeaderBytes + _buffer[26];
        if (_length < header)
            return header;
        foreach (var value in _buffer.AsSpan(OggPage.HeaderBytes, _buffer[26]))
            header += value;
        return header;
    }

    private OggPage Parse(int length)
    {
        var bodyStart = OggPage.HeaderBytes + _buffer[26];
        return new OggPage(
            (OggPageFlags)_buffer[5],
            BinaryPrimitives.ReadInt64LittleEndian(_buffer.AsSpan(6)),
            BinaryPrimitives.ReadUInt32LittleEndian(_buffer.AsSpan(14)),
            BinaryPrimitives.ReadUInt32LittleEndian(_buffer.AsSpan(18)),
            _buffer.AsMemory(OggPage.HeaderBytes, _buffer[26]),
            _buffer.AsMemory(bodyStart, length - bodyStart));
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        if (_length + bytes.Length > _buffer.Length)
            Array.Resize(ref _buffer, Math.Min(OggPage.MaxBytes, Math.Max(_length + bytes.Length, 2 * _buffer.Length)));
        bytes.CopyTo(_buffer.AsSpan(_length));
        _length += bytes.Length;
    }

    /// <summary>Moves on to the next place where a capture pattern stands, or may yet stand when more bytes come.</summary>
    private void Skip()
    {
        var rest = _buffer.AsSpan(1, _length - 1);
        var next = rest.IndexOf(OggPage.CapturePattern);
        if (next < 0)
        {
            next = rest.Length;
            for (var tail = Math.Min(3, rest.Length); tail > 0; tail--)
            {
                if (!rest[^tail..].SequenceEqual(OggPage.CapturePattern[..tail]))
                    continue;
                next = rest.Length - tail;
                break;
            }
        }
        SkippedBytes += 1 + next;
        Discard(1 + next);
    }

    private void Discard(int count)
    {
        if (count == 0)
            return;
        _buffer.AsSpan(count, _length - count).CopyTo(_buffer);
        _length -= count;
    }
}
