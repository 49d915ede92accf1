using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Speech.Contracts.Jobs;
using Speech.Contracts.Languages;
using Speech.Contracts.Text;

namespace Speech.Contracts.Sessions;

/// <summary>
/// What a client asks for in the query of <c>GET /ws</c>. An empty value is the same as none (<c>?language=&amp;…</c>), and case makes no
/// difference to values that name something; names that are not of this protocol are remembered, to be warned of.
/// </summary>
public sealed record SessionParameters
{
    public const int MinSampleRate = 8000;
    public const int MaxSampleRate = 192_000;
    public const int MaxChannels = 8;

    /// <summary>Hz of <c>mulaw</c> and <c>alaw</c> where nothing else is said.</summary>
    public const int G711SampleRate = 8000;

    /// <summary>More results than anybody has been sent; far below 2^53, up to where the scripts in Redis count.</summary>
    public const long MaxResumeFrom = 1_000_000_000_000;

    /// <summary><c>client_id</c>: the client's own name, or a new one.</summary>
    public required string ClientId { get; init; }

    /// <summary>
    /// <c>language</c>: a code of <see cref="WhisperLanguages"/>, for what the client may name as it likes (en-US); null (or "auto"): to be
    /// detected.
    /// </summary>
    public string? Language { get; init; }

    /// <summary><c>prompt</c>: names and terms that may occur, as <see cref="Contracts.Sessions.Prompt"/> allows; null: none.</summary>
    public string? Prompt { get; init; }

    /// <summary><c>translate</c>: languages that <see cref="TranslationLanguages"/> knows, as the client wrote them.</summary>
    public IReadOnlyList<string> Translate { get; init; } = [];

    /// <summary><c>codec</c>: opus (default), ogg_opus, pcm_s16le or pcm_f32le.</summary>
    public AudioCodec Codec { get; init; }

    /// <summary><c>sample_rate</c>: Hz of the client's PCM; null for the others, which carry their own.</summary>
    public int? SampleRate { get; init; }

    /// <summary>
    /// <c>channels</c>: of the client's PCM, its samples one after another, 1 (default) to 8; they are mixed. The others carry their own.
    /// </summary>
    public int Channels { get; init; } = 1;

    /// <summary><c>interim</c>: send partial results while a segment goes on.</summary>
    public bool Interim { get; init; }

    /// <summary><c>words</c>: send the times of the words.</summary>
    public bool Words { get; init; }

    /// <summary><c>format</c>: json (default) or msgpack.</summary>
    public MessageFormat Format { get; init; }

    /// <summary><c>resume_from</c>: the last seq the client has seen, 0 for none; null: nothing of the past is wanted.</summary>
    public long? ResumeFrom { get; init; }

    /// <summary>Names in the query that mean nothing here, as many as are told of, as they were written.</summary>
    public IReadOnlyList<string> UnknownNames { get; init; } = [];

    /// <summary>What to say of <see cref="UnknownNames"/>; null when there are none.</summary>
    public string? UnknownNamesWarning =>
        UnknownNames.Count == 0 ? null : "Not known, and so left alone: " + string.Join(", ", UnknownNames.Select(
        name => $"'{Shorten(name)}'" + (NearestName.Find(name, Names) is { } likely ? $" (is {likely} meant?)" : "")));

    /// <summary>Reads and checks the query.</summary>
    /// <param name="query">Decoded names and values, in any order.</param>
    /// <param name="parameters">The parameters, when all are right.</param>
    /// <param name="problem">Otherwise what is wrong with the first that is not, and what is allowed.</param>
    public static bool TryParse(
        IEnumerable<KeyValuePair<string, string?>> query,
        [NotNullWhen(true)] out SessionParameters? parameters,
        [NotNullWhen(false)] out string? problem)
    {
        var given = new Dictionary<string, string>(StringComparer.Ordinal);
        parameters = null;
        problem = null;
        var unknown = new List<string>();
        foreach (var (name, value) in query)
        {
            if (!Array.Exists(Names, known => known == name))
            {
                if (name != CredentialsName && unknown.Count < MaxUnknownNames && !unknown.Contains(name))
                    unknown.Add(name);
                continue;
            }
            if (string.IsNullOrEmpty(value))
                continue;
            if (!given.TryAdd(name, value))
            {
                problem = $"{name} is given twice";
                return false;
            }
        }

        var parsed = new SessionParameters
        {
            ClientId = given.GetValueOrDefault("client_id") ?? Contracts.Sessions.ClientId.Create(),
            UnknownNames = unknown.Count == 0 ? Array.Empty<string>() : unknown.ToArray(),
        };
        problem =
            !Contracts.Sessions.ClientId.IsValid(parsed.ClientId) ? $"client_id must be {Contracts.Sessions.ClientId.Rule}"
            : ParseLanguage(given, ref parsed) ?? ParsePrompt(given, ref parsed) ?? ParseTranslate(given, ref parsed)
                ?? ParseCodec(given, ref parsed) ?? ParseChannels(given, ref parsed) ?? ParseFormat(given, ref parsed)
                    ?? ParseSwitches(given, ref parsed) ?? ParseResumeFrom(given, ref parsed);
        parameters = problem is null ? parsed : null;
        return problem is null;
    }

    /// <summary>The query that <see cref="TryParse"/> reads back, for clients; without the leading '?'.</summary>
    public string ToQuery()
    {
        var query = new List<string>
        {
            $"client_id={Uri.EscapeDataString(ClientId)}",
            $"codec={Codec.ToWireName()}",
            $"format={(Format == MessageFormat.Json ? "json" : "msgpack")}",
        };
        if (Language is not null)
            query.Add($"language={Uri.EscapeDataString(Language)}");
        if (Prompt is not null)
            query.Add($"prompt={Uri.EscapeDataString(Prompt)}");
        if (Translate.Count > 0)
            query.Add($"translate={Uri.EscapeDataString(string.Join(',', Translate))}");
        if (SampleRate is not null)
            query.Add(string.Create(CultureInfo.InvariantCulture, $"sample_rate={SampleRate}"));
        if (Channels != 1)
            query.Add(string.Create(CultureInfo.InvariantCulture, $"channels={Channels}"));
        if (Interim)
            query.Add("interim=true");
        if (Words)
            query.Add("words=true");
        if (ResumeFrom is not null)
            query.Add(string.Create(CultureInfo.InvariantCulture, $"resume_from={ResumeFrom}"));
        return string.Join('&', query);
    }

    private const string CredentialsName = "token";
    private const int MaxUnknownNames = 8;

    private static readonly string[] Names =
    [
        "client_id", "language", "prompt", "translate", "codec", "sample_rate", "channels", "interim", "words", "format", "resume_from",
    ];

    private static string? ParseLanguage(Dictionary<string, string> given, ref SessionParameters parsed)
    {
        if (!given.TryGetValue("language", out var language) || string.Equals(language, "auto", StringComparison.OrdinalIgnoreCase))
            return null;
        parsed = parsed with { Language = WhisperLanguages.Find(language) };
        return parsed.Language is not null
            ? null
            : $"language '{Shorten(language)}' is not known, use a code such as en, fr or zh (GET /api/languages), or leave it out";
    }

    private static string? ParsePrompt(Dictionary<string, string> given, ref SessionParameters parsed)
    {
        if (!given.TryGetValue("prompt", out var prompt))
            return null;
        parsed = parsed with { Prompt = prompt };
        return Contracts.Sessions.Prompt.IsValid(prompt) ? null : $"prompt must be {Contracts.Sessions.Prompt.Rule}";
    }

    private static string? ParseTranslate(Dictionary<string, string> given, ref SessionParameters parsed)
    {
        if (!given.TryGetValue("translate", out var list))
            return null;
        // One more than allowed is enough to see that there are too many.
        var codes = list.Split(',', AudioJob.MaxTranslations + 1, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (codes.Length > AudioJob.MaxTranslations)
            return $"translate has more than {AudioJob.MaxTranslations} languages";
        parsed = parsed with { Translate = [.. codes.Distinct(StringComparer.OrdinalIgnoreCase)] };
        return Array.Find(codes, code => !TranslationLanguages.IsKnown(code)) is { } unknown
            ? $"translate has a language that is not in GET /api/languages: '{Shorten(unknown)}'"
            : null;
    }

    private static string? ParseCodec(Dictionary<string, string> given, ref SessionParameters parsed)
    {
        AudioCodec? codec = given.GetValueOrDefault("codec")?.ToLowerInvariant() switch
        {
            null or "opus" => AudioCodec.Opus,
            "ogg_opus" => AudioCodec.OggOpus,
            "pcm_s16le" => AudioCodec.PcmS16Le,
            "pcm_f32le" => AudioCodec.PcmF32Le,
            "mulaw" => AudioCodec.MuLaw,
            "alaw" => AudioCodec.ALaw,
            "webm_opus" => AudioCodec.WebMOpus,
            _ => null,
        };
        if (codec is null)
            return $"codec '{Shorten(given["codec"])}' is not known, use opus, ogg_opus, webm_opus, pcm_s16le, pcm_f32le, mulaw or alaw";
        parsed = parsed with { Codec = codec.Value };

        var allowed = $"{MinSampleRate}..{MaxSampleRate}";
        if (!given.TryGetValue("sample_rate", out var text) && codec.Value.IsG711())
        {
            parsed = parsed with { SampleRate = G711SampleRate };
            return null;
        }
        if (text is null)
            return codec.Value.IsPcm() ? $"codec={codec.Value.ToWireName()} needs sample_rate ({allowed})" : null;
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var rate)
            || rate is < MinSampleRate or > MaxSampleRate)
            return $"sample_rate is '{Shorten(text)}', allowed are {allowed}";
        if (codec.Value.IsPcm())
            parsed = parsed with { SampleRate = rate };
        return null;
    }

    private static string? ParseChannels(Dictionary<string, string> given, ref SessionParameters parsed)
    {
        if (!given.TryGetValue("channels", out var text))
            return null;
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var channels) || channels is < 1 or > MaxChannels)
            return $"channels is '{Shorten(text)}', allowed are 1..{MaxChannels}";
        if (parsed.Codec.IsPcm())
            parsed = parsed with { Channels = channels };
        return null;
    }

    private static string? ParseFormat(Dictionary<string, string> given, ref SessionParameters parsed)
    {
        switch (given.GetValueOrDefault("format")?.ToLowerInvariant())
        {
            case null or "json":
                return null;
            case "msgpack":
                parsed = parsed with { Format = MessageFormat.MessagePack };
                return null;
            default:
                return $"format '{Shorten(given["format"])}' is not known, use json or msgpack";
        }
    }

    private static string? ParseSwitches(Dictionary<string, string> given, ref SessionParameters parsed)
    {
        foreach (var name in (ReadOnlySpan<string>)["interim", "words"])
        {
            bool? value = given.GetValueOrDefault(name)?.ToLowerInvariant() switch
            {
                null or "false" or "0" => false,
                "true" or "1" => true,
                _ => null,
            };
            if (value is null)
                return $"{name} is '{Shorten(given[name])}', allowed are true and false";
            parsed = name == "interim" ? parsed with { Interim = value.Value } : parsed with { Words = value.Value };
        }
        return null;
    }

    private static string? ParseResumeFrom(Dictionary<string, string> given, ref SessionParameters parsed)
    {
        if (!given.TryGetValue("resume_from", out var text))
            return null;
        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seq) || seq > MaxResumeFrom)
            return $"resume_from is '{Shorten(text)}', it must be the last seq received, a whole number from 0";
        if (!given.ContainsKey("client_id"))
            return "resume_from needs the client_id whose results are meant";
        parsed = parsed with { ResumeFrom = seq };
        return null;
    }

    // A reason goes into a close frame of 123 bytes and into logs.
    private static string Shorten(string value) => PlainText.Shorten(value, 24);
}
