using Speech.Catalog;

namespace Speech.Workers.Model;

/// <summary>Brings the model into memory, from wherever it is. Called on the model's own thread, which may wait.</summary>
/// <param name="download">Hears of the download, if there has to be one.</param>
/// <param name="found">Hears where the model is.</param>
public delegate IBatchedModel LoadModel(IProgress<ModelDownloadProgress> download, Action<string> found);
