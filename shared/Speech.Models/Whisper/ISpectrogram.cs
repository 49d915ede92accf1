namespace Speech.Models.Whisper;

/// <summary>A recording's log-mel spectrogram, a window at a time.</summary>
internal interface ISpectrogram : IDisposable
{
    /// <summary>Of the recording, at 16 kHz.</summary>
    long SampleCount { get; }

    /// <summary>The window from a frame on, valid until the next one is asked for; never one before the last.</summary>
    /// <param name="first">Its first frame, of 10 ms.</param>
    /// <param name="context">Encoder positions, of 20 ms.</param>
    AudioWindow Window(int first, int context);
}
