using System.Globalization;

namespace Speech.Cli.Models;

internal static class ByteCount
{
    /// <summary>For people: "77.7 MB", "3.1 GB".</summary>
    public static string Text(long bytes) => bytes >= 1_000_000_000
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:F1} GB")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:F1} MB");
}
