using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Builder;
using Speech.Hosting.Metrics;
using Speech.Redis;

namespace Speech.Hosting.Tests;

public class MetricsTests
{
    [Fact]
    public async Task Instruments_are_shown_as_Prometheus_reads_them()
    {
        var builder = SpeechHost.CreateBuilder([], "gateway", defaultPort: 0);
        Counter<long> jobs = null!;
        Histogram<double> latency = null!;
        var sessions = 3;
        builder.Services.AddInstruments((_, meter) =>
        {
            jobs = meter.CreateCounter<long>("speech.test.jobs", "{job}", "Two\nlines, one \\.");
            latency = meter.CreateHistogram("speech.test.latency", "s", null, null, new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 1] });
            meter.CreateObservableGauge("speech.test.sessions", () => sessions);
        });
        var text = await GetMetricsAsync(builder, () =>
        {
            jobs.Add(2, KeyValuePair.Create<string, object?>("out.come", "say \"ah\"\n"));
            jobs.Add(1, KeyValuePair.Create<string, object?>("out.come", "say \"ah\"\n"));
            latency.Record(0.05);
            latency.Record(0.1);
            latency.Record(7);
            sessions = 4;
        });

        text.ShouldContain(
            """
            # HELP speech_test_jobs_total Two\nlines, one \\.
            # TYPE speech_test_jobs_total counter
            speech_test_jobs_total{out_come="say \"ah\"\n"} 3
            # TYPE speech_test_latency_seconds histogram
            speech_test_latency_seconds_bucket{le="0.1"} 2
            speech_test_latency_seconds_bucket{le="1"} 2
            speech_test_latency_seconds_bucket{le="+Inf"} 3
            speech_test_latency_seconds_sum 7.15
            speech_test_latency_seconds_count 3
            # TYPE speech_test_sessions gauge
            speech_test_sessions 4

            """);
        text.ShouldContain("dotnet_process_memory_working_set_bytes ");
    }

    [Fact]
    public async Task More_sets_of_labels_than_anyone_can_read_are_not_kept()
    {
        var builder = SpeechHost.CreateBuilder([], "gateway", defaultPort: 0);
        Counter<long> ended = null!;
        builder.Services.AddInstruments((_, meter) => ended = meter.CreateCounter<long>("speech.test.ended"));

        var text = await GetMetricsAsync(builder, () =>
        {
            for (var i = 0; i < 10 * MetricFamily.MaxSeries; i++)
                ended.Add(1, KeyValuePair.Create<string, object?>("id", i));
        });

        text.Split('\n').Count(line => line.StartsWith("speech_test_ended_total{", StringComparison.Ordinal)).ShouldBe(MetricFamily.MaxSeries);
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

        var there = await GetMetricsAsync(WithJobs());
        there.ShouldContain("speech_redis_up 1\n");
        there.ShouldContain("speech_stream_length{stream=\"audio_jobs\"} 3\n");
        there.ShouldContain("speech_stream_lag{stream=\"audio_jobs\",group=\"stt_workers\"} 2\n");
        there.ShouldContain("speech_stream_pending{stream=\"audio_jobs\",group=\"stt_workers\"} 1\n");
        there.ShouldContain("speech_stream_lag{stream=\"translation_jobs\",group=\"translation_workers\"} 0\n");
        there.ShouldContain("speech_stream_length{stream=\"audio_jobs:dead\"} 1\n");

        await server.StopAsync();
        var gone = await GetMetricsAsync(WithJobs());
        gone.ShouldContain("speech_redis_up 0\n");
        gone.ShouldNotContain("speech_stream_length{");

        WebApplicationBuilder WithJobs()
        {
            var builder = SpeechHost.CreateBuilder(["--REDIS_URL", server.Url], "gateway", defaultPort: 0);
            builder.AddJobs();
            return builder;
        }
    }

    private static async Task<string> GetMetricsAsync(WebApplicationBuilder builder, Action? measure = null)
    {
        await using var app = builder.Build();
        app.MapMetrics();
        await app.StartAsync();
        measure?.Invoke();
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
        using var response = await http.GetAsync(new Uri("/metrics", UriKind.Relative));
        response.Content.Headers.ContentType!.ToString().ShouldBe("text/plain; version=0.0.4; charset=utf-8");
        return await response.Content.ReadAsStringAsync();
    }
}
