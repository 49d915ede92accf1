using Speech.Contracts.Languages;
using Speech.Contracts.Server;
using Speech.Contracts.Sessions;

namespace Speech.Gateway.Languages;

/// <summary>
/// What a client is told at its session's beginning about languages that no worker's model serves. A worker that does may come, so the
/// session goes on. Where there is no worker at all there is nothing to say yet.
/// </summary>
internal static class LanguageWarnings
{
    public static async Task<IReadOnlyList<Warning>> OfAsync(
        SessionParameters parameters, ServedLanguages languages, CancellationToken cancellationToken) =>
        parameters.Language is null && parameters.Translate.Count == 0
            ? [] : [.. Of(parameters, await languages.GetAsync(cancellationToken))];

    private static IEnumerable<Warning> Of(SessionParameters parameters, Served served)
    {
        if (parameters.Language is { } language && served.Transcription is { Count: > 0 } heard && !heard.Contains(language))
        {
            yield return new Warning("language_unsupported", heard is { Count: 1 }
                ? $"No worker's model knows the language '{language}' now; what is said is transcribed as '{heard.Single()}'."
                : $"No worker's model knows the language '{language}' now; the language of each segment is found out instead.");
        }

        var source = parameters.Language is { } spoken ? TranslationLanguages.ToNllbCode(spoken) : null;
        string[] missing = served.Translation is not { Count: > 0 } translated ? [] :
            [.. parameters.Translate.Where(
                code => TranslationLanguages.ToNllbCode(code) is { } target && target != source && !translated.Contains(target))];
        if (missing.Length > 0)
        {
            yield return new Warning(
                "translation_unsupported",
                $"No worker's model translates into {string.Join(", ", missing)} now; these translations fail, unless one that does comes: see GET {LanguagesEndpoint.Path}.");
        }
    }
}
