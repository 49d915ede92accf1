using System.Text.RegularExpressions;

namespace Speech.Infra.Tests;

/// <summary>Prometheus' alerts and Grafana's dashboard against what real services show at /metrics.</summary>
public sealed partial class MonitoringTests
{
    [Theory]
    [InlineData("infra/prometheus/alerts.yml")]
    [InlineData("infra/grafana/dashboards/speech.json")]
    public async Task Every_metric_that_is_asked_for_exists(string file)
    {
        var shown = await Shown.Value;

        var asked = Asked().Matches(File.ReadAllText(Checkout.Path(file))).Select(match => match.Value).Distinct().ToArray();

        asked.Length.ShouldBeGreaterThan(5);
        asked.Where(name => !shown.Contains(name)).ShouldBeEmpty();
    }

    // None of them needs Redis to say what it would show.
    private static readonly Lazy<Task<HashSet<string>>> Shown = new(async () =>
    {
        var all = await Task.WhenAll(
            MetricsOfAsync("Speech.Gateway"), MetricsOfAsync("Speech.SttWorker"), MetricsOfAsync("Speech.TranslationWorker", "--USE_STUB_TRANSLATION", "true"));
        return [.. all.SelectMany(names => names)];
    });

    private static async Task<IEnumerable<string>> MetricsOfAsync(string program, params string[] settings)
    {
        await using var service = await ServiceProcess.StartAsync(program, ["--REDIS_URL", "redis://127.0.0.1:1", .. settings]);
        using var http = new HttpClient { BaseAddress = service.Url };
        var text = await http.GetStringAsync("/metrics");
        return Family().Matches(text).SelectMany(family => family.Groups["type"].Value == "histogram"
            ? (string[])[$"{family.Groups["name"].Value}_bucket", $"{family.Groups["name"].Value}_sum", $"{family.Groups["name"].Value}_count"]
            : [family.Groups["name"].Value]);
    }

    [GeneratedRegex("^# TYPE (?<name>[a-z_]+) (?<type>[a-z]+)$", RegexOptions.Multiline)]
    private static partial Regex Family();

    [GeneratedRegex(@"\b(speech|dotnet)_[a-z_]+\b")]
    private static partial Regex Asked();
}
