using System.Diagnostics.Metrics;
using System.Text;

namespace Speech.Hosting.Metrics;

/// <summary>All that has been measured in this process since this was made, by the instruments that are of interest.</summary>
internal sealed class Measured : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Meter _own = new("Speech.Service");
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, MetricFamily> _families = new(StringComparer.Ordinal);

    public Measured(IServiceProvider services, IEnumerable<InstrumentFactory> factories)
    {
        _listener.InstrumentPublished = Listen;
        _listener.SetMeasurementEventCallback<long>((_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        _listener.SetMeasurementEventCallback<int>((_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        _listener.SetMeasurementEventCallback<double>((_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        _listener.Start();
        foreach (var factory in factories)
            factory.Create(services, _own);
    }

    public string ToPrometheusText()
    {
        var text = new StringBuilder(16 * 1024);
        lock (_gate)
        {
            foreach (var family in _families.Values)
                family.BeginObserving();
            _listener.RecordObservableInstruments();
            foreach (var family in _families.Values)
                family.WriteTo(text);
        }
        return text.ToString();
    }

    public void Dispose()
    {
        _listener.Dispose();
        _own.Dispose();
    }

    private void Listen(Instrument instrument, MeterListener listener)
    {
        // Other applications in this process (tests) have meters of the same name as ours.
        var meter = instrument.Meter;
        if (meter != _own && (meter.Name == _own.Name || !(meter.Name.StartsWith("Speech.", StringComparison.Ordinal) || meter.Name == "System.Runtime")))
            return;
        if (MetricFamily.TryCreate(instrument) is not { } family)
            return;
        lock (_gate)
        {
            if (!_families.TryAdd(family.Name, family))
                return; // one name, one meaning: the first
        }
        listener.EnableMeasurementEvents(instrument, family);
    }
}
