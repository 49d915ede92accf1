using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Speech.Gateway.Sessions;

/// <summary>
/// What a client shows to be let in: <c>Authorization: Bearer …</c>, <c>X-API-Key: …</c> or, for browsers, which cannot set headers,
/// <c>?token=…</c>. Null when it shows nothing. Never to be logged.
/// </summary>
internal readonly record struct ClientCredentials(string? Secret)
{
    private const int MaxLength = 4096;
    private const string Bearer = "Bearer ";
    private const string Anonymous = "anonymous";

    /// <summary>
    /// Stands for the secret where that must not be known: its SHA-256 in hexadecimal; "anonymous" when nothing was shown.
    /// </summary>
    public string Key => Secret is null ? Anonymous : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Secret)));

    public bool IsAnonymous => Secret is null;

    public static bool TryRead(HttpRequest request, out ClientCredentials credentials, [NotNullWhen(false)] out string? problem)
    {
        var authorization = request.Headers.Authorization.ToString();
        string[] given = [.. new[] { authorization, request.Headers["X-API-Key"].ToString(), request.Query["token"].ToString() }.Where(
            value => value.Length > 0)];
        credentials = default;
        problem = given.Length > 1
            ? "credentials are given more than once: use one of the headers Authorization and X-API-Key or the parameter token"
            : given.Length == 1 && given[0].Length > MaxLength ? $"the credentials are longer than {MaxLength} characters"
            : authorization.Length > 0 && !authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)
                ? "the header Authorization must be 'Bearer …'"
            : null;
        if (problem is not null)
            return false;
        var secret = authorization.Length > 0 ? authorization[Bearer.Length..].Trim() : given.FirstOrDefault();
        credentials = new ClientCredentials(secret);
        return true;
    }

    public override string ToString() => Secret is null ? "none" : "given";
}
