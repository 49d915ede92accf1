using System.Globalization;
using System.Text.RegularExpressions;
using Speech.Hosting.Logging;

namespace Speech.Hosting.Tests;

/// <summary>env.example against what the sources ask for, as far as the calls show it: <c>GetInt("MAX_DELIVERIES", 3, …)</c>.</summary>
public partial class EnvExampleTests
{
    private static readonly Match[] Reads =
    [
        .. from folder in (string[])["services", "shared"]
           from file in Directory.EnumerateFiles(Checkout.Path(folder), "*.cs", SearchOption.AllDirectories)
           from match in Read().Matches(File.ReadAllText(file))
           select match,
    ];

    // Of the containers themselves, not of what runs in them; Speech.Infra.Tests holds their defaults against this file.
    private static readonly string[] OfContainers =
        [.. OfCompose().Matches(File.ReadAllText(Checkout.Path("docker-compose.yml"))).Select(match => match.Groups[1].Value)];

    [Fact]
    public void Every_setting_that_is_read_is_documented_and_every_documented_one_is_read() =>
        EnvExample.Settings.Keys.Order().ShouldBe(Reads.Select(read => read.Groups["name"].Value).Union(OfContainers).Order());

    [Fact]
    public void A_default_that_is_a_literal_is_the_one_documented()
    {
        var literals = Reads.Select(read => (Name: read.Groups["name"].Value, Value: Literal(read))).Where(read => read.Value is not null)
            .ToArray();

        literals.Length.ShouldBeGreaterThan(10);
        foreach (var (name, value) in literals)
            EnvExample.Settings[name].ShouldBe(value, name);
    }

    /// <summary>As a setting's text: 30_000 is "30000", LogFormat.Text is "text"; null for what is no literal.</summary>
    private static string? Literal(Match read)
    {
        var source = read.Groups["default"].Value;
        if (read.Groups["type"].Value == "Enum")
            return source[(source.LastIndexOf('.') + 1)..].ToLowerInvariant();
        if (source.StartsWith('"'))
            return source.Trim('"');
        return double.TryParse(
            source.Replace("_", "", StringComparison.Ordinal), NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? number.ToString(CultureInfo.InvariantCulture)
            : null;
    }

    // EnvironmentSettings' own methods, and ModelStoreOptions' look-up, which also asks for a variable that is not ours.
    [GeneratedRegex("""(\b(Get(?<type>String|Int|Double|Milliseconds|Seconds|Bool|Enum|Url)|FindString|FindSecret)|variable)\(\s*"(?<name>(?!XDG_)[A-Z][A-Z0-9_]*)"(,\s*(?<default>"[^"]*"|[^,()]+))?""")]
    private static partial Regex Read();

    [GeneratedRegex(@"(?<!\$)\$\{([A-Z_]+):[-?]")]
    private static partial Regex OfCompose();
}
