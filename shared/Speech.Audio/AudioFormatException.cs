namespace Speech.Audio;

/// <summary>
/// The audio itself is at fault: a header that makes no sense, an unsupported format, or more of it than the caller allows.
/// The only exception that any input, however broken, can cause; its message is fit to be shown to whoever sent the audio.
/// </summary>
public sealed class AudioFormatException : Exception
{
    public AudioFormatException()
    {
    }

    public AudioFormatException(string message) : base(message)
    {
    }

    public AudioFormatException(string message, Exception innerException) : base(message, innerException)
    {
    }
}
