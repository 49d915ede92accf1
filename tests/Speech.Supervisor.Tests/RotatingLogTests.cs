using System.Text;
using Speech.Supervisor.Processes;

namespace Speech.Supervisor.Tests;

public sealed class RotatingLogTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("speech-log-").FullName;
    private readonly StringWriter _status = new();

    private string LogPath => Path.Combine(_folder, "logs", "part.log");

    [Fact]
    public void A_log_and_its_predecessor_take_at_most_twice_the_limit()
    {
        using (var log = Open(maxBytes: 1000))
            for (var i = 0; i < 100; i++)
                log.Write(Encoding.UTF8.GetBytes($"line {i:00} of some length\n"));

        new FileInfo(LogPath).Length.ShouldBeLessThanOrEqualTo(1000);
        new FileInfo(LogPath + ".1").Length.ShouldBeLessThanOrEqualTo(1000);
        (File.ReadAllText(LogPath + ".1") + File.ReadAllText(LogPath)).ShouldEndWith("line 98 of some length\nline 99 of some length\n");
    }

    [Fact]
    public void The_last_run_is_kept_when_the_next_one_starts()
    {
        using (var log = Open())
            log.Write("before\n"u8);
        using (var log = Open())
            log.Write("after\n"u8);

        File.ReadAllText(LogPath).ShouldBe("after\n");
        File.ReadAllText(LogPath + ".1").ShouldBe("before\n");
    }

    [Fact]
    public void The_tail_is_the_last_lines()
    {
        using var log = Open();
        log.Tail(5).ShouldBeEmpty();
        for (var i = 0; i < 2000; i++)
            log.Write(Encoding.UTF8.GetBytes($"line {i}\r\n"));
        log.Write("no end"u8);

        log.Tail(2).ShouldBe(["line 1999", "no end"]);
        log.Write("ing\n"u8);
        log.Tail(1).ShouldBe(["no ending"]);
    }

    [Fact]
    public void Output_that_cannot_be_written_is_reported_once_and_dropped()
    {
        File.WriteAllText(Path.Combine(_folder, "logs"), "a file where the folder should be");
        using var log = Open();

        log.Write("lost\n"u8);
        log.Write("lost too\n"u8);

        _status.ToString().Split("output is lost").Length.ShouldBe(2);
        log.Tail(1).ShouldBeEmpty();
    }

    public void Dispose()
    {
        _status.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private RotatingLog Open(long maxBytes = RotatingLog.DefaultMaxBytes) =>
        new(LogPath, new StatusLog(_status, TimeProvider.System), maxBytes);
}
