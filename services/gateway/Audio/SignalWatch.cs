using System.Globalization;
using Speech.Contracts.Server;

namespace Speech.Gateway.Audio;

/// <summary>
/// Notices audio of which nothing can come: nothing but zeros (a muted microphone), or a minute that was loud and had no speech in it (a
/// wrong sample rate or codec, music); and audio that lies far off the centre (a broken input). It is the client's audio that is measured,
/// not the clock. Not thread-safe. A channel of several that is dead is not told of: the others are heard, at half the level.
/// </summary>
internal sealed class SignalWatch
{
    private const int WindowsPerSecond = 16_000 / 512;
    private const int ZerosToTell = 10 * WindowsPerSecond;
    private const int Minute = 60 * WindowsPerSecond;

    /// <summary>So much of the minute must have been louder than a room in which nobody speaks.</summary>
    private const int LoudToTell = 10 * WindowsPerSecond;

    private const int OffsetToTell = 10 * WindowsPerSecond;

    /// <summary>A window's mean: a tenth of the range. No sound that anyone hears has one over 32 ms.</summary>
    private const float Offset = 0.1f;

    /// <summary>Mean square: -50 dB of full scale.</summary>
    private const double Loud = 1e-5;

    private int _zeros;
    private bool _toldOfZeros;
    private int _offWindows;
    private bool _toldOfOffset;
    private int _windows;
    private int _loudWindows;
    private double _loudest;
    private bool _hadSpeech;

    /// <summary>What the client should be told, once; null: nothing.</summary>
    public Warning? Pending { get; private set; }

    /// <summary>Takes the next 512 samples.</summary>
    /// <param name="isSpeech">Whether they are in a segment, or may be.</param>
    public void Hear(ReadOnlySpan<float> window, bool isSpeech)
    {
        var (sum, squares) = (0f, 0f);
        foreach (var sample in window)
        {
            sum += sample;
            squares += sample * sample;
        }
        var mean = sum / window.Length;
        var power = Math.Max(0, squares / window.Length - mean * mean);
        _zeros = squares == 0 ? _zeros + 1 : 0;
        if (_zeros == ZerosToTell && !_toldOfZeros)
        {
            _toldOfZeros = true;
            Pending = new Warning("audio_silent",
                "The last 10 s of audio are nothing but zeros: is the microphone muted, or the wrong channel or device chosen?");
        }

        // A window at a time may be a bang; the sign must last, too.
        _offWindows = Math.Abs(mean) < Offset ? 0 : mean > 0 == _offWindows > 0 || _offWindows == 0 ? _offWindows + (mean > 0 ? 1 : -1) : 0;
        if (Math.Abs(_offWindows) == OffsetToTell && !_toldOfOffset)
        {
            _toldOfOffset = true;
            Pending = new Warning("audio_offset", OffCentre(mean));
        }

        _hadSpeech |= isSpeech;
        _loudest = Math.Max(_loudest, power);
        if (power > Loud)
            _loudWindows++;
        if (++_windows < Minute)
            return;
        if (!_hadSpeech && _loudWindows >= LoudToTell)
            Pending = new Warning("no_speech", NoSpeech(10 * Math.Log10(_loudest)));
        (_windows, _loudWindows, _loudest, _hadSpeech) = (0, 0, 0, false);
    }

    /// <summary>The pending warning has been told.</summary>
    public void Clear() => Pending = null;

    private static string OffCentre(float mean) => string.Create(CultureInfo.InvariantCulture,
        $"The last 10 s of audio lie off the centre by {100 * mean:F0} % of full scale: the microphone or its input adds a constant " +
        $"voltage, which leaves less room for sound. It is heard all the same.");

    private static string NoSpeech(double decibels) => string.Create(CultureInfo.InvariantCulture,
        $"The last minute of audio had sound (up to {decibels:F0} dB of full scale) and no speech. Are sample_rate, codec and channels right? Music and noise yield nothing.");
}
