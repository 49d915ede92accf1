namespace Speech.Catalog;

public enum ModelDownloadStage
{
    /// <summary>Another process downloads this file.</summary>
    Waiting,

    /// <summary>What an earlier download left is being hashed.</summary>
    Resuming,
    Downloading,

    /// <summary>The last attempt failed; another one follows.</summary>
    Retrying,
    Done,
}

/// <param name="FileName">Of the model.</param>
/// <param name="Bytes">Here so far.</param>
/// <param name="TotalBytes">Null while unknown.</param>
/// <param name="Detail">Why it is retried; else null.</param>
public readonly record struct ModelDownloadProgress(
    string FileName, ModelDownloadStage Stage, long Bytes, long? TotalBytes, string? Detail = null);
