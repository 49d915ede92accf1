namespace Speech.Cli;

/// <summary>
/// Standard output takes no more. No command can do anything about that, nor may it take it for a fault of a file that it reads: therefore
/// no
/// <see cref="IOException"/>.
/// </summary>
internal sealed class OutputException(string message, bool isClosed) : Exception(message)
{
    /// <summary>The one who read it has gone, as head and less do: nothing to complain of.</summary>
    public bool IsClosed => isClosed;
}
