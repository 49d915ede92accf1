using System.Diagnostics;
using System.Net;
using Speech.Supervisor.Processes;

namespace Speech.Supervisor.Tests;

public class SmallPartsTests
{
    [Theory]
    [InlineData(0, "exit code 0")]
    [InlineData(1, "exit code 1")]
    [InlineData(137, "killed by SIGKILL (exit code 137)")]
    [InlineData(139, "killed by SIGSEGV (exit code 139)")]
    [InlineData(255, "exit code 255")]
    public void An_exit_is_told_in_words(int exitCode, string words) => Signal.DescribeExit(exitCode).ShouldBe(words);

    [Fact]
    public void Ports_are_handed_out_once()
    {
        var ports = new LocalPorts();
        Enumerable.Range(0, 50).Select(_ => ports.Next(IPAddress.Loopback)).ShouldBeUnique();
    }

    [Fact]
    public async Task A_child_whose_parent_died_before_it_could_ask_for_the_signal_ends_itself()
    {
        const string NotOurPid = "1";
        using var child = Process.Start(
            new ProcessStartInfo("/bin/sh", ["-c", ChildLauncher.CheckParentThenRun, NotOurPid, "echo", "alive"])
            {
                RedirectStandardOutput = true,
            })!;

        (await child.StandardOutput.ReadToEndAsync()).ShouldBeEmpty();
        await child.WaitForExitAsync();
        child.ExitCode.ShouldBe(125);
    }

    [Fact]
    public async Task What_a_child_prints_steers_no_terminal_on_which_its_log_is_read()
    {
        var folder = Directory.CreateTempSubdirectory("speech-test-").FullName;
        try
        {
            var environment = new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin" };
            using var log = new RotatingLog(Path.Combine(folder, "child.log"), new StatusLog(TextWriter.Null, TimeProvider.System));
            using var launcher = new ChildLauncher();
            using var child = await launcher.StartAsync(
                new ChildCommand("printf", [@"a\033[2J\302\233\342\200\256b\t語👋\r\nc"], folder, environment), log);
            (await child.Exited).ShouldBe(0);
            File.ReadAllText(log.Path).ShouldBe("a\\u001b[2J\\u009b\\u202eb\t語👋\nc");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
