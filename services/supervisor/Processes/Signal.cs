using System.Globalization;
using System.Runtime.InteropServices;

namespace Speech.Supervisor.Processes;

internal static partial class Signal
{
    public const int Kill = 9;
    public const int Terminate = 15;

    private const int ExitCodeOfSignalZero = 128;

    private static readonly string[] Names =
    [
        "", "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL", "SIGUSR1", "SIGSEGV", "SIGUSR2",
        "SIGPIPE", "SIGALRM", "SIGTERM",
    ];

    public static void ToProcess(int processId, int signal) => _ = KillProcess(processId, signal);

    public static void ToGroup(int groupId, int signal) => _ = KillProcess(-groupId, signal);

    /// <summary>.NET reports an end by signal N as exit code 128 + N, like a shell.</summary>
    public static string DescribeExit(int exitCode) =>
        exitCode - ExitCodeOfSignalZero is > 0 and var number && number < Names.Length
            ? $"killed by {Names[number]} (exit code {exitCode})"
            : string.Create(CultureInfo.InvariantCulture, $"exit code {exitCode}");

    // The only failure that our own children can give is "no such process": it has ended, which is what a signal is for.
    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int KillProcess(int processId, int signal);
}
