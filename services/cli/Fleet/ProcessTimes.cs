using System.Globalization;

namespace Speech.Cli.Fleet;

/// <summary>What the kernel counts for a process (proc(5), /proc/PID/stat).</summary>
internal static class ProcessTimes
{
    /// <summary>USER_HZ, which Linux fixes for its interfaces whatever its own clock ticks at.</summary>
    private const double TicksPerSecond = 100;

    /// <summary>Processor time of all its threads, in user and kernel mode; null if there is no such process.</summary>
    public static TimeSpan? Cpu(int processId)
    {
        try
        {
            // The second field is the program's name in parentheses, which may hold anything; utime and stime are fields 14 and 15.
            var stat = File.ReadAllText($"/proc/{processId}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            var ticks = long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);
            return TimeSpan.FromSeconds(ticks / TicksPerSecond);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
