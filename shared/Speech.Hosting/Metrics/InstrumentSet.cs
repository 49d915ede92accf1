namespace Speech.Hosting.Metrics;

/// <summary>Makes some of an application's instruments; see <see cref="MetricsExtensions.AddInstruments"/>.</summary>
internal sealed record InstrumentSet(Action<IServiceProvider, Instruments> Create);
