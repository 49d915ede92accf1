using System.Runtime.InteropServices;

namespace Speech.EndToEnd.Tests.Support;

/// <summary>kill(2), with Linux' numbers.</summary>
internal static partial class Signal
{
    /// <summary>The process dies and cannot help it.</summary>
    public const int Kill = 9;

    /// <summary>A request to stop.</summary>
    public const int Terminate = 15;

    /// <summary>After <see cref="Stop"/>: the process goes on where it was.</summary>
    public const int Continue = 18;

    /// <summary>The process keeps its memory and connections and does nothing.</summary>
    public const int Stop = 19;

    /// <summary>Nothing happens when there is no such process any more.</summary>
    public static void Send(int processId, int signal) => _ = KillProcess(processId, signal);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int KillProcess(int processId, int signal);
}
