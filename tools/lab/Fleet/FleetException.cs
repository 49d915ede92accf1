namespace Speech.Lab.Fleet;

/// <summary>The services did not start; the message says why, and where their logs are.</summary>
internal sealed class FleetException(string message) : Exception(message);
