using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Speech.Redis;
using StackExchange.Redis;

namespace Speech.Delivery.Heartbeats;

/// <summary>Who has a worker's name, by its heartbeat, which anyone may have written.</summary>
/// <param name="Left">Until the heartbeat expires.</param>
public sealed record NameHolder(TimeSpan Left, string Instance, string Role, string Host, string ProcessId, string ProcessSpace)
{
    /// <summary>When it could not be found out.</summary>
    public static NameHolder Unknown { get; } = new(TimeSpan.Zero, "", "", "", "", "");

    /// <summary>
    /// Stands for the processes among which this one's number means something: a boot of a machine, and a PID namespace; empty when not
    /// known.
    /// </summary>
    public static string Processes { get; } = NameProcesses();

    /// <param name="reply">What the heartbeat's script says of another.</param>
    internal static NameHolder Read(RedisResult reply) => new(
        TimeSpan.FromMilliseconds((long)reply[0]), Text(reply[1]), Text(reply[2]), Text(reply[3]), Text(reply[4]), Text(reply[5]));

    /// <summary>Whether this is somebody who lives, to whom it was left before.</summary>
    public bool IsRenewedSince(NameHolder before) => Instance != before.Instance || Left > before.Left;

    /// <summary>Whether it can be seen from here that the process has ended. What cannot be seen may live.</summary>
    public bool IsGone()
    {
        if (Processes.Length == 0 || ProcessSpace != Processes
            || !int.TryParse(ProcessId, NumberStyles.None, CultureInfo.InvariantCulture, out var id))
            return false;
        try
        {
            using var process = Process.GetProcessById(id);
            return false;
        }
        catch (ArgumentException)
        {
            return true;
        }
    }

    public override string ToString() => $"{(Role.Length > 0 ? Role : "one")} on {Host}, process {ProcessId}";

    private static string NameProcesses()
    {
        try
        {
            var boot = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
            return new FileInfo("/proc/self/ns/pid").LinkTarget is { } space
                ? Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{boot} {space}")).AsSpan(0, 8))
                : "";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return ""; // not Linux, or a closed /proc
        }
    }

    private static string Text(RedisResult value) => ((string?)value) ?? "";
}
