using System.Text.Json.Nodes;
using Speech.Contracts;

namespace Speech.Gateway.Languages;

/// <summary>
/// <c>GET /api/languages</c>: the codes that <c>language=</c> and <c>translate=</c> take. For translation, each language has NLLB's code
/// (ISO 639-3 and the script), which is the only one for many, and others that mean the same, the shortest of which is most people's.
/// <code>
/// {"transcription": ["en", …], "translation": [{"code": "fra_Latn", "aliases": ["fr"]}, …]}
/// </code>
/// </summary>
internal static class LanguagesEndpoint
{
    public const string Path = "/api/languages";

    private static readonly string Answer = new JsonObject
    {
        ["transcription"] = new JsonArray([.. WhisperLanguages.Codes.Select(code => JsonValue.Create(code))]),
        ["translation"] = new JsonArray([.. TranslationLanguages.NllbCodes.Select(code => new JsonObject
        {
            ["code"] = code,
            ["aliases"] = new JsonArray([.. TranslationLanguages.AliasesOf(code).Select(alias => JsonValue.Create(alias))]),
        })]),
    }.ToJsonString();

    public static Task HandleAsync(HttpContext context)
    {
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(Answer, context.RequestAborted);
    }
}
