using System.Net.Http.Headers;

namespace Speech.Catalog;

/// <summary>
/// A user's access token for Hugging Face. Its value leaves it in one place, as a header for the server that it is for; its text is a
/// placeholder.
/// </summary>
internal sealed class HubToken
{
    private const int MaximumLength = 512;

    private readonly string _value;

    private HubToken(string value) => _value = value;

    /// <summary>Null for a blank text.</summary>
    /// <exception cref="FormatException">It cannot be a token; the message does not show it.</exception>
    public static HubToken? Parse(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
            return null;
        var value = text.Trim();
        return value.Length <= MaximumLength && value.All(c => c is > ' ' and <= '~')
            ? new HubToken(value)
            : throw new FormatException(
                "HF_TOKEN must be an access token of Hugging Face (letters, digits and underscores without blanks).");
    }

    /// <summary>The header for a request to <paramref name="url"/> that began at <paramref name="source"/>: null if that is another server,
    /// or a connection that others can overhear.</summary>
    public AuthenticationHeaderValue? HeaderFor(Uri source, Uri url)
    {
        var sameServer = Uri.Compare(
            source, url, UriComponents.SchemeAndServer, UriFormat.SafeUnescaped, StringComparison.OrdinalIgnoreCase) == 0;
        return sameServer && (url.Scheme == Uri.UriSchemeHttps || url.IsLoopback) ? new AuthenticationHeaderValue("Bearer", _value) : null;
    }

    public override string ToString() => "HF_TOKEN";
}
