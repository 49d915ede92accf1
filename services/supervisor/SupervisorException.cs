namespace Speech.Supervisor;

/// <summary>Something that a person must put right; the message says what happened, to what, and what to do.</summary>
internal sealed class SupervisorException(string message) : Exception(message);
