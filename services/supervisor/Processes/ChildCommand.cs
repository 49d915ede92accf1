namespace Speech.Supervisor.Processes;

/// <summary>A program to start, with all of its environment: nothing is inherited that is not listed here.</summary>
internal sealed record ChildCommand(
    string Program, IReadOnlyList<string> Arguments, string WorkingDirectory, IReadOnlyDictionary<string, string> Environment);
