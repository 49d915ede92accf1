namespace Speech.Hosting.Health;

/// <summary>How a service, or a part of it, is. The worst part decides for the whole: later values are worse.</summary>
public enum HealthState
{
    Ok,

    /// <summary>Not ready yet, but getting there: loading a model, waiting for a first connection.</summary>
    Starting,

    /// <summary>Something it needs is missing or broken.</summary>
    Degraded,
}
