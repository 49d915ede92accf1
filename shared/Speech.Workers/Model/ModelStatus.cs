using Speech.Catalog;

namespace Speech.Workers.Model;

public enum ModelPhase
{
    Loading,
    Ready,
    Failed,
}

/// <summary>How the model is, as far as others need to know.</summary>
/// <param name="Path">Null until found.</param>
/// <param name="Download">How far it is, while the model is being downloaded; else null.</param>
/// <param name="LoadTime">Until ready.</param>
/// <param name="Error">Why it failed.</param>
public sealed record ModelStatus(
    ModelPhase Phase,
    string? Path = null,
    ModelDownloadProgress? Download = null,
    string? Device = null,
    TimeSpan? LoadTime = null,
    string? Error = null);
