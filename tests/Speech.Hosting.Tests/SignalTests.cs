using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Speech.Hosting.Tests;

public sealed class SignalTests
{
    [Fact]
    public async Task A_signal_that_comes_while_the_service_starts_lets_it_start_and_then_ends_it_as_any_other()
    {
        var builder = SpeechHost.CreateBuilder(["--PORT", "0"], "gateway", defaultPort: 0);
        var parts = new Parts();
        builder.Services.AddSingleton<IHostedService>(
            provider => new Signalled((SignalLifetime)provider.GetRequiredService<IHostLifetime>(), parts));
        var app = builder.Build();

        (await app.RunSpeechAsync().WaitAsync(TimeSpan.FromSeconds(20))).ShouldBe(0);

        parts.WasCancelled.ShouldBeFalse();
        parts.Stopped.ShouldBeTrue();
    }

    [Fact]
    public async Task A_start_that_takes_long_is_cancelled_by_a_signal_and_that_is_no_crash()
    {
        var builder = SpeechHost.CreateBuilder(["--PORT", "0"], "gateway", defaultPort: 0);
        builder.Services.AddSingleton<IHostedService>(
            provider => new Endless((SignalLifetime)provider.GetRequiredService<IHostLifetime>()));
        var app = builder.Build();

        (await app.RunSpeechAsync().WaitAsync(TimeSpan.FromSeconds(20))).ShouldBe(0);
    }

    private sealed class Parts
    {
        public bool WasCancelled { get; set; }

        public bool Stopped { get; set; }
    }

    /// <summary>Begins before the web server does: the signal comes before that has its port.</summary>
    private sealed class Signalled(SignalLifetime lifetime, Parts parts) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            lifetime.Stop();
            parts.WasCancelled = cancellationToken.IsCancellationRequested;
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken)
        {
            parts.Stopped = true;
            return Task.CompletedTask;
        }
    }

    private sealed class Endless(SignalLifetime lifetime) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            lifetime.Stop();
            return Task.Delay(Timeout.Infinite, cancellationToken);
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
