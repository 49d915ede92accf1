namespace Speech.Hosting.Settings;

/// <summary>Settings that cannot be used. Each problem names the variable, its value and what is allowed.</summary>
public sealed class SettingsException(IReadOnlyList<string> problems) : Exception(string.Join("; ", problems))
{
    public IReadOnlyList<string> Problems { get; } = problems;
}
