using System.Text.Json.Nodes;
using Speech.Contracts.Languages;
using Speech.Contracts.Server;

namespace Speech.Gateway.Languages;

/// <summary>
/// <c>GET /api/languages</c>: the codes that <c>language=</c> and <c>translate=</c> take, and which of these languages the models of
/// workers that live serve now (null: not known, for Redis cannot be asked). For translation, each language has NLLB's code (ISO 639-3 and
/// the script), which is the only one for many, and others that mean the same, the shortest of which is most people's.
/// <code>
/// {"transcription": ["en", …], "transcription_served": ["en"], "translation": [{"code": "fra_Latn", "aliases": ["fr"], "served": true},
/// …]}
/// </code>
/// </summary>
internal sealed class LanguagesEndpoint(ServedLanguages languages)
{
    public const string Path = "/api/languages";

    private static readonly (string Code, string[] Aliases)[] Translation =
        [.. TranslationLanguages.NllbCodes.Select(code => (code, TranslationLanguages.AliasesOf(code).ToArray()))];

    public async Task HandleAsync(HttpContext context)
    {
        var served = await languages.GetAsync(context.RequestAborted);
        var answer = new JsonObject
        {
            ["transcription"] = ArrayOf(WhisperLanguages.Codes),
            ["transcription_served"] = served.Transcription is { } heard ? ArrayOf(WhisperLanguages.Codes.Where(heard.Contains)) : null,
            ["translation"] = new JsonArray([.. Translation.Select(language => new JsonObject
            {
                ["code"] = language.Code,
                ["aliases"] = ArrayOf(language.Aliases),
                ["served"] = served.Translation?.Contains(language.Code),
            })]),
        };
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        await context.Response.WriteAsync(answer.ToJsonString(), context.RequestAborted);
    }

    private static JsonArray ArrayOf(IEnumerable<string> codes) => new([.. codes.Select(code => JsonValue.Create(code))]);
}
