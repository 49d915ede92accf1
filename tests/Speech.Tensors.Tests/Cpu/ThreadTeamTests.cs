using Speech.Tensors.Cpu;

namespace Speech.Tensors.Tests.Cpu;

public class ThreadTeamTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Every_piece_runs_once_in_every_call(int threads)
    {
        using var team = new ThreadTeam(threads);
        var runs = new int[37];
        for (var call = 1; call <= 2000; call++)
        {
            var job = new CountingJob(runs);
            team.Run(ref job, runs.Length);
            runs.ShouldAllBe(count => count == call);
        }
    }

    [Fact]
    public void Callers_from_several_threads_take_turns()
    {
        using var team = new ThreadTeam(2);
        Parallel.For(0, 8, _ =>
        {
            var runs = new int[11];
            for (var call = 1; call <= 200; call++)
            {
                var job = new CountingJob(runs);
                team.Run(ref job, runs.Length);
                runs.ShouldAllBe(count => count == call);
            }
        });
    }

    [Fact]
    public void A_failing_piece_fails_the_call_and_the_team_goes_on()
    {
        using var team = new ThreadTeam(3);
        var failing = new FailingJob();
        Should.Throw<InvalidOperationException>(() => team.Run(ref failing, 10)).InnerException.ShouldBeOfType<NotSupportedException>();

        var runs = new int[10];
        var job = new CountingJob(runs);
        team.Run(ref job, runs.Length);
        runs.ShouldAllBe(count => count == 1);
    }

    [Fact]
    public void A_device_does_each_piece_once()
    {
        var runs = new int[100];
        Devices.At(CpuDevice.Best).ForEach(runs.Length, piece => Interlocked.Increment(ref runs[piece]));
        runs.ShouldAllBe(count => count == 1);
    }

    private readonly struct CountingJob(int[] runs) : IParallelJob
    {
        public void Run(int piece, int thread) => Interlocked.Increment(ref runs[piece]);
    }

    private readonly struct FailingJob : IParallelJob
    {
        public void Run(int piece, int thread) => throw new NotSupportedException("cannot");
    }
}
