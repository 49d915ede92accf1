using System.Runtime.ExceptionServices;
using Prometheus;

namespace Speech.Hosting.Metrics;

/// <summary>Counts the exceptions that are thrown in this process, caught or not, by their types.</summary>
internal sealed class ThrownExceptions : IDisposable
{
    // An exception thrown while one is counted, by the counter itself, is not counted: it would be without end.
    [ThreadStatic]
    private static bool _isCounting;

    private readonly Counter _thrown;

    public ThrownExceptions(IMetricFactory create)
    {
        _thrown = create.CreateCounter(
            "dotnet_exceptions_total", "The number of exceptions that have been thrown in managed code.", ["error_type"]);
        AppDomain.CurrentDomain.FirstChanceException += Count;
    }

    public void Dispose() => AppDomain.CurrentDomain.FirstChanceException -= Count;

    private void Count(object? sender, FirstChanceExceptionEventArgs thrown)
    {
        if (_isCounting)
            return;
        _isCounting = true;
        try
        {
            _thrown.WithLabels(thrown.Exception.GetType().Name).Inc();
        }
        finally
        {
            _isCounting = false;
        }
    }
}
