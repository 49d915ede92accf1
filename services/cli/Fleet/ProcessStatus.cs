using System.Globalization;

namespace Speech.Cli.Fleet;

/// <summary>What the kernel counts for a process (proc(5), /proc/PID/stat).</summary>
internal static class ProcessStatus
{
    /// <summary>USER_HZ, which Linux fixes for its interfaces whatever its own clock ticks at.</summary>
    private const double TicksPerSecond = 100;

    /// <summary>Processor time of all its threads, in user and kernel mode; null if there is no such process.</summary>
    public static TimeSpan? Cpu(int processId)
    {
        // utime and stime are fields 14 and 15.
        if (Fields(processId) is not { } fields)
            return null;
        var ticks = long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);
        return TimeSpan.FromSeconds(ticks / TicksPerSecond);
    }

    /// <summary>Whether it runs: one that has ended, and that nobody has asked about yet (a zombie), does not.</summary>
    public static bool IsAlive(int processId) => Fields(processId) is [not ("Z" or "X"), ..];

    /// <summary>All fields from the third on. The second is the program's name in parentheses, which may hold anything.</summary>
    private static string[]? Fields(int processId)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{processId}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return null;
        }
    }
}
