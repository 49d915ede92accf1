namespace Speech.Audio.Opus;

/// <summary>
/// Where a container's clock says that packets lie, against how much of them came: what is missing between two of them was lost, or left
/// out by a sender that sends nothing in silence, and its time must pass all the same. All counts are samples at 48 kHz.
/// </summary>
/// <param name="tolerance48k">Smaller differences are rounding. They do not add up: the position is that of the audio, not of the
/// clock.</param>
internal sealed class OpusTimeline(int tolerance48k)
{
    /// <summary>A minute. A clock that is ahead by more has jumped, or counts something else: then only what came counts.</summary>
    public const int MaxGap48k = 60 * 48_000;

    /// <summary>After the last packet or gap.</summary>
    public long Position { get; private set; }

    /// <summary>Whether the clock agreed with the audio when it was last compared.</summary>
    public bool IsTrusted { get; private set; }

    /// <summary>Times at which the clock was ahead by more than <see cref="MaxGap48k"/>.</summary>
    public long Jumps { get; private set; }

    /// <summary>The jumps in words; null where there are none.</summary>
    public string? DescribeJumps() => Jumps == 0
        ? null
        : $"its clock jumps by more than a minute in {Jumps} places, and nothing stands there for what may be missing";

    public void Restart(long position, bool isTrusted)
    {
        Position = position;
        IsTrusted = isTrusted;
    }

    /// <summary>The clock says that the next packet begins at <paramref name="start"/>.</summary>
    /// <returns>How much is missing before it; the position is behind that then.</returns>
    public int GapBefore(long start)
    {
        var gap = (Int128)start - Position;
        if (Int128.Abs(gap) < tolerance48k)
        {
            IsTrusted = true;
            return 0;
        }
        Position = start;
        if (gap < 0)
            IsTrusted = false;
        if (gap > MaxGap48k)
            Jumps++;
        return gap > 0 && gap <= MaxGap48k && IsTrusted ? (int)gap : 0;
    }

    public void Advance(int samples48k) => Position += samples48k;
}
