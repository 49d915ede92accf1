using System.Text.RegularExpressions;

namespace Speech.Testing;

/// <summary>What env.example documents.</summary>
public static partial class EnvExample
{
    /// <summary>Each setting with the value that is shown as its default.</summary>
    public static IReadOnlyDictionary<string, string> Settings { get; } =
        Setting().Matches(File.ReadAllText(Checkout.Path("env.example")))
            .ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value);

    [GeneratedRegex("^#?([A-Z][A-Z0-9_]*)=(.*)$", RegexOptions.Multiline)]
    private static partial Regex Setting();
}
