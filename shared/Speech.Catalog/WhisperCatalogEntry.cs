namespace Speech.Catalog;

/// <summary>A Whisper model that <c>MODEL_SIZE</c> can name.</summary>
/// <param name="Name">Such as <c>tiny.en</c>.</param>
/// <param name="Bytes">Of its file.</param>
/// <param name="Sha256">Of its file: 64 lower-case hexadecimal digits.</param>
public sealed record WhisperCatalogEntry(string Name, long Bytes, string Sha256)
{
    public string FileName => $"ggml-{Name}.bin";

    /// <summary>Of its file below a models folder; empty for the models folder itself.</summary>
    public string Folder { get; init; } = "";

    /// <summary>Comes with Speech and cannot be downloaded.</summary>
    public bool IsBuiltIn { get; init; }

    /// <summary>Keeps its accuracy when the audio context is cut to the segment's length.</summary>
    public bool TrainedForShortContext { get; init; }

    /// <summary>False if text before the recording makes its results worse, whatever the text: the prompt is then left out.</summary>
    public bool TakesPrompts { get; init; } = true;
}

/// <summary>A model file and what the catalogue knows of it.</summary>
public sealed record WhisperModelFile(string Path, bool TrainedForShortContext, bool TakesPrompts = true);
