using Prometheus;

namespace Speech.Hosting.Metrics;

/// <summary>
/// The instruments of one application, in a registry of their own: applications that share a process (tests) share no figures. Safe for all
/// threads.
/// </summary>
public sealed class Instruments
{
    private readonly CollectorRegistry _registry = Prometheus.Metrics.NewCustomRegistry();
    private readonly List<Func<CancellationToken, Task>> _observations = [];

    public Instruments() => Create = Prometheus.Metrics.WithCustomRegistry(_registry);

    /// <summary>Makes instruments. Asked twice for the same name, it gives the same instrument.</summary>
    public IMetricFactory Create { get; }

    /// <summary>A gauge that is looked at when it is read. It may throw, which fails the reading.</summary>
    public void ObserveGauge(string name, string help, Func<double> value)
    {
        var gauge = Create.CreateGauge(name, help);
        Observe(() => gauge.Set(value()));
    }

    /// <summary>The same for what only grows.</summary>
    public void ObserveCounter(string name, string help, Func<double> value)
    {
        var counter = Create.CreateCounter(name, help);
        Observe(() => counter.IncTo(value()));
    }

    /// <summary>Brings instruments up to date before each reading.</summary>
    public void Observe(Action observe) => Observe(_ =>
    {
        observe();
        return Task.CompletedTask;
    });

    /// <inheritdoc cref="Observe(Action)"/>
    /// <remarks>Not by the registry's own callbacks: what these throw is lost, and old values are read as if they were new.</remarks>
    public void Observe(Func<CancellationToken, Task> observe)
    {
        lock (_observations)
            _observations.Add(observe);
    }

    /// <summary>All that is measured, in Prometheus' text format, version 0.0.4.</summary>
    internal async Task WriteAsync(Stream stream, CancellationToken cancellationToken)
    {
        Func<CancellationToken, Task>[] observations;
        lock (_observations)
            observations = [.. _observations];
        foreach (var observe in observations)
            await observe(cancellationToken);
        await _registry.CollectAndExportAsTextAsync(stream, cancellationToken);
    }
}
