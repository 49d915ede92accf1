using System.CommandLine;
using Speech.Contracts.Jobs;
using Speech.Contracts.Languages;

namespace Speech.Cli;

/// <summary>Options that several commands have, and checks that say what is allowed.</summary>
internal static class Options
{
    public const string DefaultUrl = "ws://127.0.0.1:8080/ws";

    /// <summary>The value of <see cref="Url"/>, or the gateway that ./speech up starts.</summary>
    public static Uri UrlOrDefault(string? url) => new(url ?? DefaultUrl);

    public static Option<string?> Url(string description) => new("--url")
    {
        Description = description,
        HelpName = "ws://…",
        Validators =
        {
            result =>
            {
                if (!Uri.TryCreate(result.GetValueOrDefault<string>(), UriKind.Absolute, out var url) || url.Scheme is not ("ws" or "wss"))
                    result.AddError($"--url must be ws://HOST:PORT/ws or wss://…, such as {DefaultUrl}.");
            },
        },
    };

    /// <param name="value">When the option is left out.</param>
    public static Option<string> Translate(string description, string value) => new("--translate")
    {
        Description = description,
        HelpName = "CODE,…",
        DefaultValueFactory = _ => value,
        Validators =
        {
            result =>
            {
                var languages = Languages(result.GetValueOrDefault<string>());
                if (Array.Find(languages, code => !TranslationLanguages.IsKnown(code)) is { } unknown)
                    result.AddError($"--translate: '{unknown}' is not known; use codes such as fr,es or NLLB's such as fra_Latn.");
                if (languages.Length > AudioJob.MaxTranslations)
                    result.AddError($"--translate takes at most {AudioJob.MaxTranslations} languages.");
            },
        },
    };

    /// <summary>The languages of <see cref="Translate"/>.</summary>
    public static string[] Languages(string? list) =>
        list is null || string.Equals(list, "none", StringComparison.OrdinalIgnoreCase)
            ? [] : list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>One of some names, in any case; the value is as it stands here.</summary>
    /// <param name="value">When the option is left out.</param>
    public static Option<string> OneOf(string name, string description, string value, params string[] names) => new(name)
    {
        Description = description,
        HelpName = string.Join('|', names),
        DefaultValueFactory = _ => value,
        CustomParser = result =>
        {
            var given = result.Tokens[0].Value;
            if (Array.Find(names, known => string.Equals(known, given, StringComparison.OrdinalIgnoreCase)) is { } found)
                return found;
            result.AddError($"{name} is '{given}'; allowed are {string.Join(", ", names)}.");
            return null;
        },
    };

    public static Option<bool> Json(string description) => new("--json") { Description = description };

    public static Option<int> Number(string name, string unit, string description, int value, int lowest, int highest) =>
        InRange(new Option<int>(name) { Description = description, HelpName = unit, DefaultValueFactory = _ => value }, lowest, highest);

    /// <summary>Lets only numbers from <paramref name="lowest"/> to <paramref name="highest"/> pass.</summary>
    public static Option<T> InRange<T>(Option<T> option, int lowest, int highest)
    {
        option.Validators.Add(result =>
        {
            // Text that is no number gets the parser's own error.
            if (result.Tokens.Count == 1 && int.TryParse(result.Tokens[0].Value, out var number) && (number < lowest || number > highest))
                result.AddError($"{option.Name} must be from {lowest} to {highest}.");
        });
        return option;
    }
}
