namespace Speech.Models.Catalog;

/// <summary>A Whisper model that <c>MODEL_SIZE</c> can name.</summary>
/// <param name="Name">Such as <c>tiny.en</c>.</param>
/// <param name="Folder">Of its file below a models folder; empty for the models folder itself.</param>
/// <param name="TrainedForShortContext">Keeps its accuracy when the audio context is cut to the segment's length.</param>
public sealed record WhisperCatalogEntry(string Name, string Folder, bool TrainedForShortContext)
{
    public string FileName => $"ggml-{Name}.bin";
}

/// <summary>The Whisper models known by name, and where their files are looked for.</summary>
public static class WhisperCatalog
{
    /// <summary>The model that comes with Speech.</summary>
    public const string BuiltIn = "nano.en";

    public static IReadOnlyList<WhisperCatalogEntry> Entries { get; } =
    [
        new(BuiltIn, "nano.en", TrainedForShortContext: true),
        .. from size in (string[])["tiny", "tiny.en", "base", "base.en", "small", "small.en", "medium", "medium.en", "large-v1", "large-v2", "large-v3", "large-v3-turbo"]
           select new WhisperCatalogEntry(size, "", TrainedForShortContext: false),
    ];

    /// <summary>Finds the file that a model name or path means.</summary>
    /// <param name="nameOrPath">A catalogue name, or the path of a ggml file.</param>
    /// <param name="modelFolders">Where named models may lie, first match wins: MODEL_DIR, then the built-in models.</param>
    /// <exception cref="FileNotFoundException">There is no such file; the message says what to do.</exception>
    public static WhisperModelFile Find(string nameOrPath, IReadOnlyList<string> modelFolders)
    {
        if (Entries.FirstOrDefault(entry => entry.Name == nameOrPath) is { } named)
        {
            var candidates = modelFolders.SelectMany(folder => (string[])[Path.Combine(folder, named.FileName), Path.Combine(folder, named.Folder, named.FileName)]);
            return candidates.FirstOrDefault(File.Exists) is { } path
                ? new WhisperModelFile(path, named.TrainedForShortContext)
                : throw new FileNotFoundException(
                    $"The model '{nameOrPath}' is in none of {string.Join(", ", modelFolders)}. Put {named.FileName} (whisper.cpp's ggml format) into one of them, or give a path.");
        }

        if (!File.Exists(nameOrPath))
        {
            throw new FileNotFoundException(
                $"There is no model '{nameOrPath}': it is neither a file nor one of {string.Join(", ", Entries.Select(entry => entry.Name))}.");
        }

        // A quantised or renamed copy of a catalogue model ("ggml-nano.en-q8_0.bin") keeps that model's properties.
        var fileName = Path.GetFileName(nameOrPath);
        var trained = Entries.Any(entry => entry.TrainedForShortContext && fileName.StartsWith($"ggml-{entry.Name}", StringComparison.Ordinal));
        return new WhisperModelFile(nameOrPath, trained);
    }

    /// <summary>The models folder of the checkout or installation that this program runs from: the nearest <c>shared/models</c> or <c>models</c> upwards.</summary>
    public static string? BuiltInFolder()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            foreach (var candidate in (string[])[Path.Combine(folder.FullName, "shared", "models"), Path.Combine(folder.FullName, "models")])
            {
                if (Directory.Exists(Path.Combine(candidate, BuiltIn)))
                    return candidate;
            }
        }

        return null;
    }
}

/// <summary>A model file and what the catalogue knows of it.</summary>
public sealed record WhisperModelFile(string Path, bool TrainedForShortContext);
