using System.Collections;
using System.Text.RegularExpressions;
using Speech.Contracts.Text;

namespace Speech.Contracts.Settings;

/// <summary>
/// The names of all settings of all programs and of the containers: those in env.example, which a test holds against what is read.
/// </summary>
public static partial class SettingNames
{
    public static IReadOnlyList<string> All { get; } = Read();

    // What else a .env may hold: settings of Compose, Docker, .NET, Grafana and telemetry, and proxies.
    private static readonly string[] OthersPrefixes =
        ["COMPOSE_", "DOCKER_", "DOTNET_", "ASPNETCORE_", "GF_", "OTEL_", "HTTP_", "HTTPS_", "NO_PROXY"];

    private static readonly string[] OfRedisCli = ["REDISCLI_AUTH"];

    /// <summary>
    /// What to say of a setting that was given by name, in .env or on a command line, when there is none of that name; null when there is.
    /// </summary>
    public static string? ComplaintOfGiven(string name, string where) =>
        All.Contains(name) || OthersPrefixes.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal)) || OfRedisCli.Contains(name)
            ? null
            : NearestName.Find(name, All) is { } likely
                ? $"{PlainText.Shorten(name, 64)} ({where}) is no setting and does nothing: is {likely} meant?"
                : $"{PlainText.Shorten(name, 64)} ({where}) is no setting and does nothing.";

    /// <summary>
    /// What to say of the environment: variables that are no settings but nearly named like one. It is full of others' variables.
    /// </summary>
    public static IEnumerable<string> ComplaintsOfEnvironment(IDictionary environment) =>
        from name in environment.Keys.Cast<string>().Order(StringComparer.Ordinal)
        where !All.Contains(name) && Name().IsMatch(name)
        let likely = NearestName.Find(name, All, lettersPerSlip: 6)
        where likely is not null
        select $"{name} (in the environment) is no setting and does nothing: is {likely} meant?";

    private static string[] Read()
    {
        using var example = new StreamReader(typeof(SettingNames).Assembly.GetManifestResourceStream("env.example")!);
        return [.. Documented().Matches(example.ReadToEnd()).Select(match => match.Groups[1].Value)];
    }

    [GeneratedRegex("^#?([A-Z][A-Z0-9_]*)=", RegexOptions.Multiline)]
    private static partial Regex Documented();

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9_-]*$")]
    private static partial Regex Name();
}
