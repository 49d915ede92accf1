namespace Speech.Vad;

/// <summary>
/// The detector for people who are very quiet, too. Silero does not hear speech that is 40 dB softer than usual. So while a stream is that
/// quiet, a second detector hears it raised (up to <see cref="MaxGain"/>) towards the level at which it is sure, and the surer of the two
/// counts. Only detectors hear that: the audio stays as it is, since Whisper hears soft speech well. A stream at the usual level has the
/// plain detector alone, as if there were no other.
/// <para>
/// The stream's level is followed in decibels, quickly upwards and slowly downwards, so that within a word nearly nothing changes, and
/// after loud speech many seconds pass before anything is raised. A window that is louder than the stream was is raised by less, and no
/// sample beyond 1.
/// </para>
/// </summary>
public sealed class LevelledVad(SileroVad vad)
{
    /// <summary>34 dB.</summary>
    public const float MaxGain = 50;

    /// <summary>
    /// Root mean square, in dB of full scale, at which a window needs no gain. In usual recordings the loudest windows have -16 to -32, and
    /// Silero hears them 20 dB softer, too.
    /// </summary>
    /// <remarks>Chosen by word errors of the built-in recordings at 0, -10 … -50 dB: 7.5 % with it and without at 0 dB, 53 % without and
    /// 8.5 % with it at -40 dB.</remarks>
    private const float EnoughDecibels = -50;

    internal const float LowestDecibels = EnoughDecibels - 34;

    /// <summary>Of the way up, at each window: a syllable gets there, a click does not.</summary>
    private const float Rise = 0.1f;

    /// <summary>2 dB a second.</summary>
    private const float FallDecibels = 2 * SileroVad.WindowLength / (float)SileroVad.SampleRate;

    /// <summary>The probability of speech in the stream's next window.</summary>
    /// <param name="state">The stream's state, brought forward.</param>
    /// <param name="window">512 samples, -1..1; the stream's last, shorter one filled up with zeros.</param>
    public float Process(LevelledVadState state, ReadOnlySpan<float> window)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentOutOfRangeException.ThrowIfNotEqual(window.Length, SileroVad.WindowLength);

        var probability = vad.Process(state.Detector, window);
        var gain = Follow(state, window);
        if (state.Decibels >= EnoughDecibels)
        {
            state.OfQuiet.Reset();
            return probability;
        }
        var raised = (stackalloc float[SileroVad.WindowLength]);
        for (var i = 0; i < window.Length; i++)
            raised[i] = gain * window[i];
        var ofQuiet = vad.Process(state.OfQuiet, raised);

        // A window at the usual level is the plain detector's, whatever the stream was before: also the first word of all.
        return gain > 1 ? Math.Max(probability, ofQuiet) : probability;
    }

    /// <summary>The gain for a window, 1..<see cref="MaxGain"/>.</summary>
    private static float Follow(LevelledVadState state, ReadOnlySpan<float> window)
    {
        var (sum, squares, peak) = (0f, 0f, 0f);
        foreach (var sample in window)
        {
            sum += sample;
            squares += sample * sample;
            peak = Math.Max(peak, Math.Abs(sample));
        }

        // A constant offset is no sound.
        var mean = sum / window.Length;
        var power = squares / window.Length - mean * mean;
        var decibels = power > 1e-10f ? 10 * MathF.Log10(power) : LowestDecibels;
        if (!float.IsFinite(decibels))
            return 1;
        state.Decibels = decibels > state.Decibels
            ? state.Decibels + Rise * (decibels - state.Decibels)
            : Math.Max(LowestDecibels, state.Decibels - FallDecibels);
        var wanted = EnoughDecibels - Math.Max(state.Decibels, decibels);
        if (wanted <= 0)
            return 1;
        return Math.Clamp(MathF.Pow(10, wanted / 20), 1, Math.Max(1, Math.Min(MaxGain, 1 / peak)));
    }
}
