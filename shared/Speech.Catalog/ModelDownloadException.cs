namespace Speech.Catalog;

/// <summary>A model could not be downloaded; the message says what, why and what to do.</summary>
public sealed class ModelDownloadException : IOException
{
    public ModelDownloadException()
    {
    }

    public ModelDownloadException(string message)
        : base(message)
    {
    }

    public ModelDownloadException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>The server says that there is no such file.</summary>
    public bool IsMissing { get; init; }
}
