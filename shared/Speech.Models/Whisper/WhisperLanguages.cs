using System.Collections.Frozen;

namespace Speech.Models.Whisper;

/// <summary>The languages of multilingual Whisper models, in the order of their tokens. The first 99 are in every model; the last,
/// Cantonese, only in the large-v3 family.</summary>
/// <remarks>Source: openai/whisper, <c>tokenizer.py</c>.</remarks>
public static class WhisperLanguages
{
    private static readonly (string Code, string Name)[] Languages =
    [
        ("en", "english"), ("zh", "chinese"), ("de", "german"), ("es", "spanish"), ("ru", "russian"), ("ko", "korean"),
        ("fr", "french"), ("ja", "japanese"), ("pt", "portuguese"), ("tr", "turkish"), ("pl", "polish"), ("ca", "catalan"),
        ("nl", "dutch"), ("ar", "arabic"), ("sv", "swedish"), ("it", "italian"), ("id", "indonesian"), ("hi", "hindi"),
        ("fi", "finnish"), ("vi", "vietnamese"), ("he", "hebrew"), ("uk", "ukrainian"), ("el", "greek"), ("ms", "malay"),
        ("cs", "czech"), ("ro", "romanian"), ("da", "danish"), ("hu", "hungarian"), ("ta", "tamil"), ("no", "norwegian"),
        ("th", "thai"), ("ur", "urdu"), ("hr", "croatian"), ("bg", "bulgarian"), ("lt", "lithuanian"), ("la", "latin"),
        ("mi", "maori"), ("ml", "malayalam"), ("cy", "welsh"), ("sk", "slovak"), ("te", "telugu"), ("fa", "persian"),
        ("lv", "latvian"), ("bn", "bengali"), ("sr", "serbian"), ("az", "azerbaijani"), ("sl", "slovenian"), ("kn", "kannada"),
        ("et", "estonian"), ("mk", "macedonian"), ("br", "breton"), ("eu", "basque"), ("is", "icelandic"), ("hy", "armenian"),
        ("ne", "nepali"), ("mn", "mongolian"), ("bs", "bosnian"), ("kk", "kazakh"), ("sq", "albanian"), ("sw", "swahili"),
        ("gl", "galician"), ("mr", "marathi"), ("pa", "punjabi"), ("si", "sinhala"), ("km", "khmer"), ("sn", "shona"),
        ("yo", "yoruba"), ("so", "somali"), ("af", "afrikaans"), ("oc", "occitan"), ("ka", "georgian"), ("be", "belarusian"),
        ("tg", "tajik"), ("sd", "sindhi"), ("gu", "gujarati"), ("am", "amharic"), ("yi", "yiddish"), ("lo", "lao"), ("uz", "uzbek"),
        ("fo", "faroese"), ("ht", "haitian creole"), ("ps", "pashto"), ("tk", "turkmen"), ("nn", "nynorsk"), ("mt", "maltese"),
        ("sa", "sanskrit"), ("lb", "luxembourgish"), ("my", "myanmar"), ("bo", "tibetan"), ("tl", "tagalog"), ("mg", "malagasy"),
        ("as", "assamese"), ("tt", "tatar"), ("haw", "hawaiian"), ("ln", "lingala"), ("ha", "hausa"), ("ba", "bashkir"),
        ("jw", "javanese"), ("su", "sundanese"), ("yue", "cantonese"),
    ];

    private static readonly (string Code, string Name)[] Aliases =
    [
        ("my", "burmese"), ("ca", "valencian"), ("nl", "flemish"), ("ht", "haitian"), ("lb", "letzeburgesch"), ("ps", "pushto"),
        ("pa", "panjabi"), ("ro", "moldavian"), ("ro", "moldovan"), ("si", "sinhalese"), ("es", "castilian"), ("zh", "mandarin"),
    ];

    private static readonly FrozenDictionary<string, string> CodesByName = Languages
        .Concat(Aliases)
        .Select(language => KeyValuePair.Create(language.Name, language.Code))
        .Concat(Languages.Select(language => KeyValuePair.Create(language.Code, language.Code)))
        .ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>Codes such as "en", in token order.</summary>
    public static IReadOnlyList<string> Codes { get; } = [.. Languages.Select(language => language.Code)];

    /// <summary>The code of a language given by code or English name in any case ("fr", "French", "Castilian"), or null.</summary>
    public static string? Find(string codeOrName) => CodesByName.GetValueOrDefault(codeOrName);

    /// <summary>The English name, in lower case, of a code.</summary>
    public static string Name(string code) => Array.Find(Languages, language => language.Code == code).Name
        ?? throw new ArgumentException($"'{code}' is not a language of Whisper; see {nameof(Codes)}.", nameof(code));
}
