namespace Speech.Audio.Ogg;

[Flags]
public enum OggPageFlags : byte
{
    None = 0,

    /// <summary>The page begins with the rest of a packet from the page before.</summary>
    Continued = 1,
    BeginOfStream = 2,
    EndOfStream = 4,
}

/// <summary>
/// One page of an Ogg stream (RFC 3533):
/// <code>
///  0..3   "OggS"                    14..17 serial number of the logical stream
///  4      version, 0                18..21 page sequence number
///  5      flags                     22..25 CRC-32 of the page with this field zero
///  6..13  granule position          26     number of lacing values, then the values, then the data
/// </code>
/// A packet is a run of lacing values up to and including the first below 255; a run that a page's end cuts off
/// goes on in the next page.
/// </summary>
/// <param name="Granule">Position at the end of the last packet that ends here (48 kHz samples in Opus); -1 if none ends here.</param>
/// <param name="Lacing">At most 255 values; valid until the next page is read, as is <paramref name="Body"/>.</param>
public readonly record struct OggPage(
    OggPageFlags Flags, long Granule, uint Serial, uint Sequence, ReadOnlyMemory<byte> Lacing, ReadOnlyMemory<byte> Body)
{
    public const int HeaderBytes = 27;
    public const int MaxLacingValues = 255;
    public const int MaxBytes = HeaderBytes + MaxLacingValues + MaxLacingValues * 255;

    internal static ReadOnlySpan<byte> CapturePattern => "OggS"u8;
}
