namespace Speech.Audio.Ogg;

/// <param name="Data">Valid until the next call of the reader.</param>
/// <param name="PageGranule">Granule position of the page on which the packet ends.</param>
public readonly record struct OggPacket(ReadOnlyMemory<byte> Data, long PageGranule)
{
    /// <summary>The stream's first packet.</summary>
    public bool BeginsStream { get; init; }

    public bool IsLastOnPage { get; init; }

    /// <summary>The page is the stream's last.</summary>
    public bool IsOnLastPage { get; init; }

    /// <summary>Pages are missing before this packet.</summary>
    public bool FollowsGap { get; init; }

    /// <summary>The packet was longer than <see cref="OggPacketReader.MaxPacketBytes"/>; only its beginning is here.</summary>
    public bool IsTruncated { get; init; }
}

/// <summary>
/// The packets of the first Opus stream among the logical streams in an Ogg byte stream. Streams of other kinds that lie
/// between its pages are passed over. When the Opus stream ends, or a new one begins after data (a chained file,
/// a recorder that was restarted), the next Opus stream is taken. Memory is bounded: one page and one packet.
/// </summary>
public sealed class OggPacketReader
{
    /// <summary>More than any Opus packet. Longer ones (pictures in comment headers) are cut off.</summary>
    public const int MaxPacketBytes = 64 * 1024;

    private readonly OggPageReader _pages = new();
    private byte[] _assembly = [];
    private int _assembled;
    private bool _assembling;
    private bool _truncated;

    private OggPage _page;
    private int _segment;
    private int _offset;

    private uint? _serial;
    private bool _ended;
    private string? _otherCodec;
    private uint _nextSequence;
    private bool _sawData;
    private bool _beginsStream;
    private bool _gap;

    public long SkippedBytes => _pages.SkippedBytes;

    public long CorruptPages => _pages.CorruptPages;

    /// <summary>Times at which pages of the stream were missing, or packets were left unfinished.</summary>
    public long Gaps { get; private set; }

    /// <summary>Whether the last page of the stream, marked as such, has come.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Reads until a whole packet is there or the input is used up; see <see cref="OggPageReader.TryRead"/>.</summary>
    /// <exception cref="AudioFormatException">There is no Opus stream, but something else, or its beginning is missing.</exception>
    public bool TryRead(scoped ReadOnlySpan<byte> input, out int consumed, out OggPacket packet)
    {
        consumed = 0;
        while (true)
        {
            if (TryTake(out packet))
                return true;
            var found = _pages.TryRead(input[consumed..], out var used, out var page);
            consumed += used;
            if (!found)
                return false;
            Enter(page);
        }
    }

    private void Enter(OggPage page)
    {
        _ended |= (_page.Flags & OggPageFlags.EndOfStream) != 0;
        // Until it is accepted the page has nothing to give.
        _page = default;
        _segment = _offset = 0;

        if (BeginsNextStream(page))
        {
            _serial = page.Serial;
            _nextSequence = page.Sequence;
            _sawData = _gap = _assembling = _ended = false;
            _beginsStream = true;
        }
        else if (_serial is null)
        {
            PassOver(page);
            return;
        }
        else if (page.Serial != _serial)
        {
            return;
        }
        else
        {
            _sawData = true;
        }

        var missing = page.Sequence != _nextSequence;
        _nextSequence = page.Sequence + 1;
        var continues = (page.Flags & OggPageFlags.Continued) != 0;
        if (missing || (_assembling && !continues))
        {
            Gaps++;
            _gap = true;
            _assembling = false;
        }
        _page = page;
        HasEnded = (page.Flags & OggPageFlags.EndOfStream) != 0;
        if (continues && !_assembling)
            SkipRestOfPacket();
    }

    private bool BeginsNextStream(OggPage page) =>
        (page.Flags & OggPageFlags.BeginOfStream) != 0
        && (_serial is null || _sawData || _ended)
        && page.Body.Span.StartsWith(OpusHead.Magic);

    /// <summary>
    /// The first pages of all streams come before any other (RFC 3533, section 6): when there is none of Opus by then, there will be none.
    /// </summary>
    private void PassOver(OggPage page)
    {
        if ((page.Flags & OggPageFlags.BeginOfStream) != 0)
        {
            _otherCodec ??= OggCodec.NameOf(page.Body.Span) ?? "Ogg without Opus";
            return;
        }
        throw new AudioFormatException(_otherCodec is not null
            ? $"This is {_otherCodec}, not Ogg Opus. It can be converted: ffmpeg -i FILE -c:a libopus OUT.opus"
            : "The Ogg stream's beginning is missing: its first page, with the OpusHead, must come first.");
    }

    private bool TryTake(out OggPacket packet)
    {
        var (start, ended) = (_offset, false);
        var lacing = _page.Lacing.Span;
        while (_segment < lacing.Length && !ended)
        {
            ended = lacing[_segment] < 255;
            _offset += lacing[_segment++];
        }
        var part = _page.Body[start.._offset];
        if (!ended)
        {
            if (!part.IsEmpty)
                Assemble(part.Span);
            packet = default;
            return false;
        }

        if (_assembling)
        {
            Assemble(part.Span);
            part = _assembly.AsMemory(0, _assembled);
        }
        packet = new OggPacket(part, _page.Granule)
        {
            BeginsStream = _beginsStream,
            IsLastOnPage = !lacing[_segment..].ContainsAnyExcept((byte)255),
            IsOnLastPage = (_page.Flags & OggPageFlags.EndOfStream) != 0,
            FollowsGap = _gap,
            IsTruncated = _assembling && _truncated,
        };
        _beginsStream = _gap = _assembling = false;
        return true;
    }

    private void Assemble(ReadOnlySpan<byte> part)
    {
        if (!_assembling)
            (_assembling, _truncated, _assembled) = (true, false, 0);
        if (_assembled + part.Length > MaxPacketBytes)
        {
            _truncated = true;
            part = part[..(MaxPacketBytes - _assembled)];
        }
        if (_assembled + part.Length > _assembly.Length)
            Array.Resize(ref _assembly, Math.Min(MaxPacketBytes, Math.Max(_assembled + part.Length, 2 * _assembly.Length)));
        part.CopyTo(_assembly.AsSpan(_assembled));
        _assembled += part.Length;
    }

    private void SkipRestOfPacket()
    {
        var lacing = _page.Lacing.Span;
        for (var ended = false; _segment < lacing.Length && !ended;)
        {
            ended = lacing[_segment] < 255;
            _offset += lacing[_segment++];
        }
        // The next page's beginning would still be the same lost packet; it is skipped there in the same way.
    }
}
