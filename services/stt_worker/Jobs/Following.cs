using Speech.Contracts.Jobs;
using Speech.Contracts.Languages;
using Speech.Contracts.Server;
using Speech.Contracts.Sessions;
using Speech.Delivery.Jobs;

namespace Speech.SttWorker.Jobs;

/// <summary>Which translations follow a transcript.</summary>
internal static class Following
{
    public static readonly string English = TranslationLanguages.ToNllbCode("en")!;

    /// <summary>
    /// One for each language that the client wants, unless there is nothing to translate or it is the language that was spoken.
    /// </summary>
    /// <param name="english">The text in English, if the model has translated it itself.</param>
    public static IEnumerable<FollowingTranslation> Of(AudioJob audio, Transcript transcript, string? english)
    {
        if (transcript.Text.Length == 0)
            yield break;
        var source = TranslationLanguages.ToNllbCode(transcript.Language);
        foreach (var language in audio.Translate)
        {
            var target = TranslationLanguages.ToNllbCode(language);
            if (target == source)
                continue;
            if (english is not null && target == English)
                yield return new FollowingTranslation(language, Job: null, new Translation(Seq: 0, audio.Segment, language, english));
            else if (source is null)
                yield return new FollowingTranslation(language, Job: null, Unsupported(audio.Segment, transcript.Language, language));
            else
                yield return FollowingTranslation.Of(JobFor(audio, transcript, language));
        }
    }

    private static TranslationJob JobFor(AudioJob audio, Transcript transcript, string language) => new()
    {
        ClientId = audio.ClientId,
        Segment = audio.Segment,
        Text = transcript.Text,
        SourceLanguage = transcript.Language,
        Language = language,
        TraceId = audio.TraceId,
        CreatedAt = audio.CreatedAt,
    };

    private static Failed Unsupported(int segment, string spoken, string language) => new(
        Seq: 0, segment, Failed.Translating, "unsupported_language", $"NLLB does not know the language '{spoken}', which was spoken",
        language);
}
