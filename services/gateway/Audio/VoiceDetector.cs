using Speech.Catalog;
using Speech.Vad;

namespace Speech.Gateway.Audio;

/// <summary>Finds and loads the voice-activity model. One is enough: its weights are shared by all sessions.</summary>
internal static class VoiceDetector
{
    private const string FileName = "ggml-silero-v6.2.0.bin";

    /// <param name="modelFolder">MODEL_DIR, looked into first; null: only the built-in models.</param>
    /// <exception cref="FileNotFoundException">There is no such file; the message says what to do.</exception>
    public static SileroVad Load(string? modelFolder)
    {
        string[] folders = [.. new[] { modelFolder, WhisperCatalog.BuiltInFolder() }.OfType<string>()];
        var candidates = folders.SelectMany(
            folder => (string[])[Path.Combine(folder, FileName), Path.Combine(folder, "silero-vad", FileName)]);
        return candidates.FirstOrDefault(File.Exists) is { } path
            ? SileroVad.Load(path)
            : throw new FileNotFoundException(
                $"The voice detector's model {FileName} is not in {(folders.Length == 0 ? "any models folder" : string.Join(" or ", folders))}. "
                + "It comes with Speech in shared/models/silero-vad; set MODEL_DIR to a folder that has it.");
    }
}
