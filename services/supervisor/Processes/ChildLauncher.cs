// Starts children that cannot outlive us.
//
// Linux can send a process a signal when its parent dies (prctl PR_SET_PDEATHSIG), but the child must ask for it itself, between fork
// and exec, where .NET runs no code of ours. So three small programs, present on every Debian, exec one another before the service, in
// the same process and in about 3 ms:
//
//   setsid                     a session of its own: the terminal's Ctrl-C reaches only us, and we say who stops when
//   setpriv --pdeathsig KILL   the kernel kills it when we die, also by SIGKILL; the setting survives exec
//   sh -c '[ "$PPID" = … ]'    we may have died before setpriv asked: then the parent is no longer us, and it ends itself
//
// (A launcher mode of our own would cost a .NET start per child; posix_spawn has no attribute for prctl.)
//
// "Parent" in PR_SET_PDEATHSIG is the thread that forked, not the process: children of a thread-pool thread would die when the pool
// retires it. Therefore one thread starts all children, and lives as long as we do.
using System.Collections.Concurrent;
using System.Diagnostics;

namespace Speech.Supervisor.Processes;

internal sealed class ChildLauncher : IDisposable
{
    internal const string CheckParentThenRun = """[ "$PPID" = "$0" ] || exit 125; exec "$@" 2>&1""";

    private readonly BlockingCollection<Action> _requests = [];

    public ChildLauncher() => new Thread(Serve) { IsBackground = true, Name = "launcher" }.Start();

    /// <summary>Starts a program; its output goes to <paramref name="log"/>, its standard input is empty.</summary>
    public Task<ChildProcess> StartAsync(ChildCommand command, RotatingLog log)
    {
        var started = new TaskCompletionSource<ChildProcess>(TaskCreationOptions.RunContinuationsAsynchronously);
        _requests.Add(() =>
        {
            try
            {
                started.SetResult(new ChildProcess(Process.Start(StartInfo(command))!, log));
            }
            catch (Exception error)
            {
                started.SetException(error);
            }
        });
        return started.Task;
    }

    public void Dispose() => _requests.CompleteAdding();

    private void Serve()
    {
        foreach (var request in _requests.GetConsumingEnumerable())
            request();

        // Leaving would kill the children that we started: they end before us, not with this thread.
        Thread.Sleep(Timeout.Infinite);
    }

    private static ProcessStartInfo StartInfo(ChildCommand command)
    {
        var start = new ProcessStartInfo("setsid")
        {
            WorkingDirectory = command.WorkingDirectory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in (string[])["setpriv", "--pdeathsig", "KILL", "/bin/sh", "-c", CheckParentThenRun,
            $"{Environment.ProcessId}", command.Program, .. command.Arguments])
            start.ArgumentList.Add(argument);
        start.Environment.Clear();
        foreach (var (name, value) in command.Environment)
            start.Environment[name] = value;
        return start;
    }
}
