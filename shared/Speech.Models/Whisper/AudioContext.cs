using System.Globalization;

namespace Speech.Models.Whisper;

/// <summary>
/// How many encoder positions (20 ms each) a segment gets. Whisper was trained on 30 s windows; a short segment in a short window costs a
/// fraction, but only models trained for it keep their accuracy: <see cref="Auto"/> shortens for those alone.
/// </summary>
public readonly record struct AudioContext
{
    private const int SamplesPerPosition = 320;

    // Silence after the last word tells the model that it is over; less than this costs words (measured on nano.en: 32 positions 0.25
    // points, 64 none).
    private const int Margin = 64;
    private const int Rounding = 16;

    private readonly int _positions;
    private readonly bool _full;

    private AudioContext(int positions, bool full)
    {
        _positions = positions;
        _full = full;
    }

    /// <summary>As short as the segment allows, for models trained for it; else the full window. The default.</summary>
    public static AudioContext Auto => default;

    /// <summary>Always the full window.</summary>
    public static AudioContext Full => new(0, full: true);

    /// <summary>Always this many positions (and more where the segment is longer than they are).</summary>
    public static AudioContext Fixed(int positions)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(positions);
        return new(positions, full: false);
    }

    /// <summary><c>auto</c>, <c>full</c> or a number of positions.</summary>
    public static bool TryParse(string? text, out AudioContext context)
    {
        context = text == "full" ? Full : Auto;
        if (text is "auto" or "full")
            return true;
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var positions) || positions is < 1 or > 1500)
            return false;
        context = Fixed(positions);
        return true;
    }

    /// <summary>Positions for a segment of <paramref name="samples"/> at 16 kHz.</summary>
    /// <param name="full">The model's full window.</param>
    /// <param name="trainedForShort">Whether the model was trained for shortened windows.</param>
    public int Positions(int samples, int full, bool trainedForShort)
    {
        var sound = (samples + SamplesPerPosition - 1) / SamplesPerPosition;
        if (_positions > 0)
            return Math.Min(full, Math.Max(_positions, sound));
        if (_full || !trainedForShort)
            return full;
        return Math.Min(full, (sound + Margin + Rounding - 1) / Rounding * Rounding);
    }

    public override string ToString() => _full ? "full" : _positions == 0 ? "auto" : _positions.ToString(CultureInfo.InvariantCulture);
}
