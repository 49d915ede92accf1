using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Speech.Catalog;

/// <summary>
/// Addresses of model files. A file from a URL lies in a folder of its own, named after the whole URL's hash: so two servers' files of one
/// name don't meet, and no server can put a file in a catalogue model's place.
/// </summary>
internal static class ModelUrl
{
    private const int MaximumFileNameLength = 100;

    public const string FolderPrefix = "url-";

    public static bool TryParse(string text, [NotNullWhen(true)] out Uri? url) =>
        Uri.TryCreate(text, UriKind.Absolute, out url) && (url.Scheme == Uri.UriSchemeHttps || url.Scheme == Uri.UriSchemeHttp);

    /// <summary>The URL of a file below a base URL.</summary>
    /// <param name="segments">Folders, then the file.</param>
    public static Uri Below(Uri baseUrl, params ReadOnlySpan<string> segments)
    {
        var path = new StringBuilder(baseUrl.AbsolutePath.TrimEnd('/'));
        foreach (var segment in segments)
            path.Append('/').Append(Uri.EscapeDataString(segment));
        return new UriBuilder(baseUrl) { Path = path.ToString() }.Uri;
    }

    /// <summary>Where the file of a URL lies below MODEL_DIR.</summary>
    public static string RelativePath(Uri url)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(url.AbsoluteUri)).AsSpan(0, 8));
        return Path.Combine(FolderPrefix + hash, FileName(url));
    }

    /// <summary>
    /// The URL's last segment as a harmless file name: letters, digits, dots, dashes and underscores, not beginning with a dot.
    /// </summary>
    public static string FileName(Uri url)
    {
        var segment = Uri.UnescapeDataString(url.AbsolutePath[(url.AbsolutePath.LastIndexOf('/') + 1)..]);
        var name = new StringBuilder(Math.Min(segment.Length, MaximumFileNameLength));
        foreach (var c in segment.AsSpan(0, Math.Min(segment.Length, MaximumFileNameLength)))
            name.Append(char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' ? c : '_');
        var harmless = name.ToString().TrimStart('.');
        return harmless.Length > 0 ? harmless : "model.bin";
    }

    /// <summary>For messages: without credentials, query and fragment, which may be secrets.</summary>
    public static string Display(Uri url) => url.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped);
}
