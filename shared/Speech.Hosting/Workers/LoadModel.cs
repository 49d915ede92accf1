namespace Speech.Hosting.Workers;

/// <summary>Brings the model into memory, from wherever it is. Called on the model's own thread, which may wait.</summary>
/// <param name="download">Hears of the download, if there has to be one.</param>
/// <param name="found">Hears where the model is.</param>
public delegate IBatchedModel LoadModel(IProgress<ModelDownload> download, Action<string> found);

/// <summary>How far a model's download is.</summary>
/// <param name="Stage">waiting (for another process), resuming, downloading, retrying or done.</param>
/// <param name="TotalBytes">Null while unknown.</param>
/// <param name="Detail">Why it is retried; else null.</param>
public readonly record struct ModelDownload(string FileName, string Stage, long Bytes, long? TotalBytes, string? Detail);
