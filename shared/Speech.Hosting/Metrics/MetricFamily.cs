using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Speech.Hosting.Metrics;

// The text format (https://prometheus.io/docs/instrumenting/exposition_formats/):
//
//   # HELP speech_job_latency_seconds From being queued until the result is published.
//   # TYPE speech_job_latency_seconds histogram
//   speech_job_latency_seconds_bucket{le="0.1"} 17
//   speech_job_latency_seconds_bucket{le="+Inf"} 18
//   speech_job_latency_seconds_sum 1.9
//   speech_job_latency_seconds_count 18
//
// Names follow OpenTelemetry's rules for Prometheus: dots become underscores, the unit comes last, and counters end in _total.

/// <summary>What one instrument has measured, by its labels. Safe for all threads.</summary>
internal sealed class MetricFamily
{
    /// <summary>Sets of labels that one instrument may have; what comes after them is not kept.</summary>
    public const int MaxSeries = 200;

    private static readonly double[] DefaultBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

    private readonly Instrument _instrument;
    private readonly MetricKind _kind;
    private readonly double[] _bounds;
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, Series> _series = new(StringComparer.Ordinal);

    private MetricFamily(Instrument instrument, MetricKind kind, IReadOnlyList<double>? bounds)
    {
        _instrument = instrument;
        _kind = kind;
        _bounds = kind == MetricKind.Histogram ? [.. bounds ?? DefaultBounds] : [];
        Name = NameOf(instrument, kind);
    }

    public string Name { get; }

    /// <summary>Null when values of its type are not kept here.</summary>
    public static MetricFamily? TryCreate(Instrument instrument) => instrument switch
    {
        Counter<long> or Counter<int> or Counter<double> or ObservableCounter<long> or ObservableCounter<int> or ObservableCounter<double> =>
            new(instrument, MetricKind.Counter, null),
        Histogram<long> histogram => new(instrument, MetricKind.Histogram, histogram.Advice?.HistogramBucketBoundaries?.Select(bound => (double)bound).ToArray()),
        Histogram<double> histogram => new(instrument, MetricKind.Histogram, histogram.Advice?.HistogramBucketBoundaries),
        Gauge<long> or Gauge<int> or Gauge<double> or ObservableGauge<long> or ObservableGauge<int> or ObservableGauge<double>
            or UpDownCounter<long> or UpDownCounter<int> or UpDownCounter<double>
            or ObservableUpDownCounter<long> or ObservableUpDownCounter<int> or ObservableUpDownCounter<double> =>
            new(instrument, MetricKind.Gauge, null),
        _ => null,
    };

    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = LabelsOf(tags);
        lock (_gate)
        {
            if (!_series.TryGetValue(labels, out var series))
            {
                if (_series.Count == MaxSeries)
                    return;
                _series.Add(labels, series = new Series(_bounds.Length));
            }
            if (_kind == MetricKind.Histogram)
            {
                series.Sum += value;
                var bucket = Array.FindIndex(_bounds, bound => value <= bound);
                series.Buckets[bucket < 0 ? _bounds.Length : bucket]++;
            }
            else if (_instrument.IsObservable || _kind == MetricKind.Gauge && !IsUpDown)
            {
                series.Sum = value;
            }
            else
            {
                series.Sum += value;
            }
        }
    }

    /// <summary>What is observed is observed as a whole: what is gone now leaves no last value behind.</summary>
    public void BeginObserving()
    {
        if (!_instrument.IsObservable)
            return;
        lock (_gate)
            _series.Clear();
    }

    public void WriteTo(StringBuilder text)
    {
        if (_instrument.Description is { Length: > 0 } help)
            text.Append(CultureInfo.InvariantCulture, $"# HELP {Name} {help.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)}\n");
        text.Append(CultureInfo.InvariantCulture, $"# TYPE {Name} {_kind.ToString().ToLowerInvariant()}\n");
        lock (_gate)
        {
            foreach (var (labels, series) in _series)
            {
                if (_kind == MetricKind.Histogram)
                    WriteHistogram(text, labels, series);
                else
                    WriteSample(text, "", labels, series.Sum);
            }
        }
    }

    private bool IsUpDown => _instrument is UpDownCounter<long> or UpDownCounter<int> or UpDownCounter<double>;

    private void WriteHistogram(StringBuilder text, string labels, Series series)
    {
        var count = 0L;
        for (var i = 0; i <= _bounds.Length; i++)
        {
            count += series.Buckets[i];
            var bound = i < _bounds.Length ? Format(_bounds[i]) : "+Inf";
            WriteSample(text, "_bucket", $"{labels}{(labels.Length > 0 ? "," : "")}le=\"{bound}\"", count);
        }
        WriteSample(text, "_sum", labels, series.Sum);
        WriteSample(text, "_count", labels, count);
    }

    private void WriteSample(StringBuilder text, string suffix, string labels, double value)
    {
        text.Append(Name).Append(suffix);
        if (labels.Length > 0)
            text.Append('{').Append(labels).Append('}');
        text.Append(' ').Append(Format(value)).Append('\n');
    }

    private static string Format(double value) =>
        double.IsPositiveInfinity(value) ? "+Inf" : double.IsNegativeInfinity(value) ? "-Inf" : value.ToString("R", CultureInfo.InvariantCulture);

    private static string LabelsOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.IsEmpty)
            return "";
        var labels = new StringBuilder();
        foreach (var (name, value) in tags)
        {
            var text = Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
            labels.Append(labels.Length > 0 ? "," : "").Append(Sanitized(name)).Append("=\"")
                .Append(text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal))
                .Append('"');
        }
        return labels.ToString();
    }

    private static string NameOf(Instrument instrument, MetricKind kind)
    {
        var name = Sanitized(instrument.Name);
        var unit = instrument.Unit switch
        {
            "s" => "_seconds",
            "By" => "_bytes",
            _ => "", // {job}, {session}: what is counted is in the name
        };
        if (!name.EndsWith(unit, StringComparison.Ordinal))
            name += unit;
        return kind == MetricKind.Counter && !name.EndsWith("_total", StringComparison.Ordinal) ? $"{name}_total" : name;
    }

    private static string Sanitized(string name) =>
        string.Create(name.Length, name, (span, from) =>
        {
            for (var i = 0; i < span.Length; i++)
                span[i] = char.IsAsciiLetterOrDigit(from[i]) && !(i == 0 && char.IsAsciiDigit(from[i])) ? from[i] : '_';
        });

    private enum MetricKind
    {
        Counter,
        Gauge,
        Histogram,
    }

    private sealed class Series(int bounds)
    {
        /// <summary>A counter's or gauge's value; of a histogram, the sum of all values.</summary>
        public double Sum { get; set; }

        /// <summary>How many values fell into each bucket, the one without bound last.</summary>
        public long[] Buckets { get; } = new long[bounds + 1];
    }
}
