using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Speech.Infra.Tests;

/// <summary>A service as people start it, on a port of its own.</summary>
internal sealed partial class ServiceProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;

    private ServiceProcess(Process process, Uri url) => (_process, Url) = (process, url);

    public Uri Url { get; }

    /// <param name="program">Such as Speech.Gateway, as it was built for this test.</param>
    /// <param name="settings">As on its command line.</param>
    public static async Task<ServiceProcess> StartAsync(string program, params string[] settings)
    {
        var dll = Path.Combine(
            AppContext.BaseDirectory, "..", "..", program, Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/')), $"{program}.dll");
        var process = Process.Start(
            new ProcessStartInfo("dotnet", [Path.GetFullPath(dll), "--PORT", "0", "--LOG_FORMAT", "text", .. settings])
            {
                RedirectStandardError = true,
            })!;
        using var limit = new CancellationTokenSource(Patience);
        var said = new List<string>();
        while (await process.StandardError.ReadLineAsync(limit.Token) is { } line)
        {
            said.Add(line);
            if (Listening().Match(line) is { Success: true } match)
            {
                _ = process.StandardError.BaseStream.CopyToAsync(Stream.Null, CancellationToken.None);
                return new ServiceProcess(process, new Uri(match.Value));
            }
        }
        process.Kill();
        throw new InvalidOperationException($"{program} ended and said: {string.Join('\n', said)}");
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    [GeneratedRegex(@"http://127\.0\.0\.1:\d+")]
    private static partial Regex Listening();
}
