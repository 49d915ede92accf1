namespace Speech.Audio;

/// <summary>A native library is not installed; the message names it and the Debian package that brings it.</summary>
public sealed class MissingNativeLibraryException : Exception
{
    public MissingNativeLibraryException()
    {
    }

    public MissingNativeLibraryException(string message) : base(message)
    {
    }

    public MissingNativeLibraryException(string message, Exception innerException) : base(message, innerException)
    {
    }

    public MissingNativeLibraryException(string library, string package)
        : base($"The library {library} is not installed. Install the Debian package {package}: apt-get install {package}")
    {
    }
}
