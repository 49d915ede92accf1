using Microsoft.Extensions.Logging;

namespace Speech.Redis;

/// <summary>
/// Listens to the package while it connects: its exception says that it could not, and only its log says why. Keeps the last reason.
/// </summary>
internal sealed class ConnectionLog : ILogger, ILoggerFactory
{
    private volatile Exception? _last;

    /// <summary>The last thing that went wrong; null: nothing.</summary>
    public Exception? Last => _last;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (exception is not null)
            _last = exception;
    }

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public void Dispose()
    {
    }
}
