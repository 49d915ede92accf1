using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Prometheus;
using Speech.Hosting.Metrics;
using Speech.Redis;

namespace Speech.Hosting.Tests;

public sealed partial class MetricsTests
{
    [Fact]
    public async Task Instruments_are_shown_as_Prometheus_reads_them()
    {
        var builder = SpeechHost.CreateBuilder([], "gateway", defaultPort: 0);
        Counter jobs = null!;
        Histogram latency = null!;
        var sessions = 3;
        builder.Services.AddInstruments((_, instruments) =>
        {
            jobs = instruments.Create.CreateCounter("speech_test_jobs_total", "Some jobs.", ["outcome"]);
            latency = instruments.Create.CreateHistogram(
                "speech_test_latency_seconds", "", new HistogramConfiguration { Buckets = [0.1, 1] });
            instruments.ObserveGauge("speech_test_sessions", "", () => sessions);
        });
        var text = await GetMetricsAsync(builder, () =>
        {
            jobs.WithLabels("say \"ah\"\n").Inc(2);
            jobs.WithLabels("say \"ah\"\n").Inc();
            latency.Observe(0.05);
            latency.Observe(0.1);
            latency.Observe(7);
            sessions = 4;
        });

        text.ShouldContain("""
            # HELP speech_test_jobs_total Some jobs.
            # TYPE speech_test_jobs_total counter
            speech_test_jobs_total{outcome="say \"ah\"\n"} 3

            """);
        text.ShouldContain("""
            # TYPE speech_test_latency_seconds histogram
            speech_test_latency_seconds_sum 7.15
            speech_test_latency_seconds_count 3
            speech_test_latency_seconds_bucket{le="0.1"} 2
            speech_test_latency_seconds_bucket{le="1"} 2
            speech_test_latency_seconds_bucket{le="+Inf"} 3

            """);
        text.ShouldContain("""
            # TYPE speech_test_sessions gauge
            speech_test_sessions 4

            """);
    }

    [Fact]
    public async Task The_runtime_is_measured()
    {
        GC.Collect();

        var text = await GetMetricsAsync(
            SpeechHost.CreateBuilder([], "gateway", defaultPort: 0), () => Should.Throw<FormatException>(() => int.Parse("x")));

        var shown = Family().Matches(text).Select(family => $"{family.Groups["name"]} {family.Groups["type"]}")
            .Order(StringComparer.Ordinal);
        shown.ShouldBe([
            "dotnet_assembly_count gauge",
            "dotnet_exceptions_total counter",
            "dotnet_gc_collections_total counter",
            "dotnet_gc_heap_total_allocated_bytes_total counter",
            "dotnet_gc_last_collection_heap_fragmentation_size_bytes gauge",
            "dotnet_gc_last_collection_heap_size_bytes gauge",
            "dotnet_gc_last_collection_memory_committed_size_bytes gauge",
            "dotnet_gc_pause_time_seconds_total counter",
            "dotnet_jit_compilation_time_seconds_total counter",
            "dotnet_jit_compiled_il_size_bytes_total counter",
            "dotnet_jit_compiled_methods_total counter",
            "dotnet_monitor_lock_contentions_total counter",
            "dotnet_process_cpu_count gauge",
            "dotnet_process_cpu_time_seconds_total counter",
            "dotnet_process_memory_working_set_bytes gauge",
            "dotnet_thread_pool_queue_length gauge",
            "dotnet_thread_pool_threads gauge",
            "dotnet_thread_pool_work_item_count_total counter",
            "dotnet_timer_count gauge",
        ]);
        text.ShouldMatch("(?m)^dotnet_exceptions_total\\{error_type=\"FormatException\"\\} [1-9]");
        text.ShouldMatch("(?m)^dotnet_process_memory_working_set_bytes [1-9][0-9]{6}");
        foreach (var mode in (string[])["user", "system"])
            text.ShouldMatch($"(?m)^dotnet_process_cpu_time_seconds_total\\{{cpu_mode=\"{mode}\"\\}} [0-9]");
        foreach (var generation in (string[])["gen0", "gen1", "gen2", "loh", "poh"])
            text.ShouldMatch($"(?m)^dotnet_gc_last_collection_heap_size_bytes\\{{gc_heap_generation=\"{generation}\"\\}} [0-9]");
        text.ShouldMatch("(?m)^dotnet_gc_collections_total\\{gc_heap_generation=\"gen2\"\\} [1-9]");
    }

    [Fact]
    public async Task Applications_in_one_process_share_no_figures()
    {
        Counter first = null!;
        await GetMetricsAsync(WithCounter(counter => first = counter));
        first.Inc();

        (await GetMetricsAsync(WithCounter(_ => { }))).ShouldContain("speech_test_total 0\n");

        static WebApplicationBuilder WithCounter(Action<Counter> made)
        {
            var builder = SpeechHost.CreateBuilder([], "gateway", defaultPort: 0);
            builder.Services.AddInstruments((_, instruments) => made(instruments.Create.CreateCounter("speech_test_total", "")));
            return builder;
        }
    }

    [Fact]
    public async Task A_figure_that_cannot_be_had_fails_the_reading_instead_of_staying_as_it_was()
    {
        var instruments = new Instruments();
        instruments.ObserveGauge("speech_test", "", () => throw new InvalidOperationException("gone"));

        (await Should.ThrowAsync<InvalidOperationException>(() => instruments.WriteAsync(Stream.Null, CancellationToken.None))).Message
            .ShouldBe("gone");
    }

    [Fact]
    public async Task Jobs_are_counted_by_what_became_of_them()
    {
        var instruments = new Instruments();
        var jobs = new JobInstruments(instruments.Create);
        (await ReadAsync(instruments)).ShouldContain("speech_results_published_total{kind=\"failed\"} 0\n");
        (await ReadAsync(instruments)).ShouldNotContain("speech_job_latency_seconds_bucket");

        jobs.SegmentAccepted();
        jobs.JobDone(0.3);
        jobs.JobDone(-1);

        var text = await ReadAsync(instruments);
        text.ShouldContain("speech_segments_accepted_total 1\n");
        text.ShouldContain("speech_job_latency_seconds_sum 0.3\n");
        Bucket().Matches(text).Select(bucket => $"{bucket.Groups["bound"]}: {bucket.Groups["count"]}").ShouldBe([
            "0.025: 1", "0.05: 1", "0.1: 1", "0.25: 1", "0.5: 2", "1: 2", "2.5: 2", "5: 2", "10: 2", "30: 2", "60: 2", "300: 2", "+Inf: 2",
        ]);
    }

    [Fact]
    public async Task Streams_and_their_groups_are_measured_while_Redis_is_there_and_its_absence_is_seen()
    {
        await using var server = await RedisServer.StartAsync();
        await using (var redis = new RedisClient(RedisOptions.Parse(server.Url)))
        {
            await redis.ExecuteAsync("XADD", ["audio_jobs:dead", "*", "a", "b"]);
            await redis.ExecuteAsync("XGROUP", ["CREATE", "audio_jobs", "stt_workers", "0", "MKSTREAM"]);
            for (var job = 0; job < 3; job++)
                await redis.ExecuteAsync("XADD", ["audio_jobs", "*", "a", "b"]);
            await redis.ExecuteAsync("XREADGROUP", ["GROUP", "stt_workers", "stt-1", "COUNT", "1", "STREAMS", "audio_jobs", ">"]);
        }
        var builder = SpeechHost.CreateBuilder(["--REDIS_URL", server.Url], "gateway", defaultPort: 0);
        builder.AddJobs();
        await using var app = builder.Build();
        app.MapMetrics();
        await app.StartAsync();

        var there = await GetMetricsAsync(app);
        there.ShouldContain("speech_redis_up 1\n");
        there.ShouldContain("speech_stream_length{stream=\"audio_jobs\"} 3\n");
        there.ShouldContain("speech_stream_lag{stream=\"audio_jobs\",group=\"stt_workers\"} 2\n");
        there.ShouldContain("speech_stream_pending{stream=\"audio_jobs\",group=\"stt_workers\"} 1\n");
        there.ShouldContain("speech_stream_lag{stream=\"translation_jobs\",group=\"translation_workers\"} 0\n");
        there.ShouldContain("speech_stream_length{stream=\"audio_jobs:dead\"} 1\n");

        await server.StopAsync();
        var gone = await GetMetricsAsync(app);
        gone.ShouldContain("speech_redis_up 0\n");
        gone.ShouldNotContain("speech_stream_length{");
        gone.ShouldNotContain("speech_stream_lag{");
        gone.ShouldNotContain("speech_stream_pending{");
    }

    private static async Task<string> GetMetricsAsync(WebApplicationBuilder builder, Action? measure = null)
    {
        await using var app = builder.Build();
        app.MapMetrics();
        await app.StartAsync();
        measure?.Invoke();
        return await GetMetricsAsync(app);
    }

    private static async Task<string> GetMetricsAsync(WebApplication app)
    {
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
        // As Prometheus asks. OpenMetrics would name things otherwise: le="1.0", counters without _total.
        http.DefaultRequestHeaders.Add("Accept", "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1");
        using var response = await http.GetAsync(new Uri("/metrics", UriKind.Relative));
        response.Content.Headers.ContentType!.ToString().ShouldBe("text/plain; version=0.0.4; charset=utf-8");
        return await response.Content.ReadAsStringAsync();
    }

    private static async Task<string> ReadAsync(Instruments instruments)
    {
        using var text = new MemoryStream();
        await instruments.WriteAsync(text, CancellationToken.None);
        return System.Text.Encoding.UTF8.GetString(text.ToArray());
    }

    [GeneratedRegex("^# TYPE (?<name>[a-z_]+) (?<type>[a-z]+)$", RegexOptions.Multiline)]
    private static partial Regex Family();

    [GeneratedRegex("_bucket\\{le=\"(?<bound>[^\"]+)\"\\} (?<count>[0-9]+)")]
    private static partial Regex Bucket();
}
