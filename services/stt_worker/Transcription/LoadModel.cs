using Speech.Models.Catalog;

namespace Speech.SttWorker;

/// <summary>Brings the model into memory, from wherever it is.</summary>
/// <param name="download">Hears of the download, if there has to be one.</param>
/// <param name="found">Hears where the file is.</param>
internal delegate ITranscriber LoadModel(IProgress<ModelDownloadProgress> download, Action<string> found);
