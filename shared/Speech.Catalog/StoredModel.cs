namespace Speech.Catalog;

public enum ModelKind
{
    /// <summary>Speech to text: a ggml file.</summary>
    Speech,

    /// <summary>Text to text: a folder of Hugging Face's files.</summary>
    Translation,
}

public enum ModelPlace
{
    /// <summary>A catalogue model that would have to be downloaded.</summary>
    NotHere,
    BuiltIn,

    /// <summary>In MODEL_DIR: downloaded, or put there.</summary>
    ModelFolder,
}

/// <summary>A model that there is, or could be.</summary>
/// <param name="Name">Of the catalogue; else the file's path below MODEL_DIR.</param>
/// <param name="Path">Of the file or the folder; null if it is not here.</param>
/// <param name="Bytes">Of the file, or of the folder's weights; of a model not here, what the catalogue says.</param>
public sealed record StoredModel(string Name, ModelPlace Place, string? Path, long Bytes, ModelKind Kind = ModelKind.Speech);

public enum ModelVerdict
{
    /// <summary>The file is what catalogue or record say.</summary>
    Good,
    Damaged,

    /// <summary>Neither the catalogue nor a file beside it knows the checksum.</summary>
    NothingKnown,
}

/// <param name="Sha256">Of the file.</param>
/// <param name="Expected">By the catalogue, or recorded at the download; null if nothing is known.</param>
public sealed record ModelVerification(StoredModel Model, ModelVerdict Verdict, string Sha256, string? Expected);
