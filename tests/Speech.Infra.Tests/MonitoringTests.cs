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

    /// <summary>Dashboards and alerts that are not ours ask for them, too.</summary>
    [Fact]
    public async Task Metrics_keep_their_names_types_and_labels()
    {
        var shown = await Task.WhenAll(
            TextOfAsync("Speech.Gateway"), TextOfAsync("Speech.SttWorker"),
            TextOfAsync("Speech.TranslationWorker", "--USE_STUB_TRANSLATION", "true"));

        string[] all = ["speech_job_latency_seconds histogram", "speech_redis_up gauge", "speech_results_published_total counter kind",
            "speech_segments_accepted_total counter", "speech_stream_lag gauge", "speech_stream_length gauge",
            "speech_stream_pending gauge"];
        string[] workers = [.. all, "speech_model_ready gauge", "speech_worker_busy gauge", "speech_worker_jobs_total counter outcome",
            "speech_worker_slots gauge"];
        FamiliesOf(shown[0]).ShouldBe(
            [.. all, "speech_held_segments gauge", "speech_queue_max gauge", "speech_sessions gauge",
                "speech_sessions_ended_total counter code", "speech_sessions_max gauge"],
            ignoreOrder: true);
        FamiliesOf(shown[1]).ShouldBe([.. workers, "speech_audio_seconds_total counter"], ignoreOrder: true);
        FamiliesOf(shown[2]).ShouldBe(workers, ignoreOrder: true);
    }

    // None of them needs Redis to say what it would show.
    private static readonly Lazy<Task<HashSet<string>>> Shown = new(async () =>
    {
        var all = await Task.WhenAll(
            MetricsOfAsync("Speech.Gateway"), MetricsOfAsync("Speech.SttWorker"),
            MetricsOfAsync("Speech.TranslationWorker", "--USE_STUB_TRANSLATION", "true"));
        return [.. all.SelectMany(names => names)];
    });

    private static async Task<string> TextOfAsync(string program, params string[] settings)
    {
        await using var service = await ServiceProcess.StartAsync(program, ["--REDIS_URL", "redis://127.0.0.1:1", .. settings]);
        using var http = new HttpClient { BaseAddress = service.Url };
        return await http.GetStringAsync("/metrics");
    }

    /// <summary>Ours: names, types and the labels of those that are shown with any.</summary>
    private static IEnumerable<string> FamiliesOf(string text) =>
        Family().Matches(text).Where(family => family.Groups["name"].Value.StartsWith("speech_", StringComparison.Ordinal)).Select(family =>
        {
            var labels = Regex.Match(text, $"^{family.Groups["name"].Value}\\{{(?:(?<label>[a-z]+)=\"[^\"]*\",?)+\\}}",
                RegexOptions.Multiline).Groups["label"].Captures;
            return string.Join(' ', [family.Groups["name"].Value, family.Groups["type"].Value, .. labels.Select(label => label.Value)]);
        });

    private static async Task<IEnumerable<string>> MetricsOfAsync(string program, params string[] settings)
    {
        var text = await TextOfAsync(program, settings);
        return Family().Matches(text).SelectMany(family => family.Groups["type"].Value == "histogram"
            ? (string[])[$"{family.Groups["name"].Value}_bucket", $"{family.Groups["name"].Value}_sum",
                $"{family.Groups["name"].Value}_count"]
            : [family.Groups["name"].Value]);
    }

    [GeneratedRegex("^# TYPE (?<name>[a-z_]+) (?<type>[a-z]+)$", RegexOptions.Multiline)]
    private static partial Regex Family();

    [GeneratedRegex(@"\b(speech|dotnet)_[a-z_]+\b")]
    private static partial Regex Asked();
}
