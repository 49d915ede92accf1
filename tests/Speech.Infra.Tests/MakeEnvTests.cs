using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Speech.Infra.Tests;

/// <summary>infra/make-env in a folder of its own.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed partial class MakeEnvTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("speech-env-").FullName;

    private string EnvFile => Path.Combine(_folder, ".env");

    public MakeEnvTests()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "infra", "k8s"));
        foreach (var file in (string[])["env.example", "infra/make-env", "infra/k8s/make-secret"])
            File.Copy(Checkout.Path(file), Path.Combine(_folder, file));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Passwords_are_generated_each_time_anew_and_for_the_owner_only()
    {
        await RunAsync("infra/make-env");
        var first = Passwords();
        first.Keys.Order().ShouldBe(["GRAFANA_PASSWORD", "REDIS_PASSWORD"]);
        first.Values.ShouldAllBe(password => Generated().IsMatch(password));
        File.GetUnixFileMode(EnvFile).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        (await File.ReadAllTextAsync(EnvFile)).ShouldStartWith(await File.ReadAllTextAsync(Path.Combine(_folder, "env.example")));

        await RunAsync("infra/make-env");
        Passwords().ShouldBe(first, "what is set stays");

        File.Delete(EnvFile);
        await RunAsync("infra/make-env");
        Passwords()["REDIS_PASSWORD"].ShouldNotBe(first["REDIS_PASSWORD"]);
    }

    [Theory]
    [InlineData("REDIS_PASSWORD=mine", true)]
    [InlineData("REDIS_PASSWORD='mine'", true)]
    [InlineData("export REDIS_PASSWORD = \"mine\"", true)]
    [InlineData("REDIS_PASSWORD=", false)]
    [InlineData("REDIS_PASSWORD=''", false)]
    [InlineData("#REDIS_PASSWORD=mine", false)]
    public async Task Of_a_file_that_is_there_only_what_is_missing_is_made(string line, bool isSet)
    {
        await File.WriteAllTextAsync(EnvFile, $"MODEL_SIZE=tiny\n{line}"); // without an end of line
        await RunAsync("infra/make-env");
        var text = await File.ReadAllTextAsync(EnvFile);
        text.ShouldStartWith($"MODEL_SIZE=tiny\n{line}\n");
        Regex.Count(text, "^REDIS_PASSWORD=[0-9a-f]{32}$", RegexOptions.Multiline).ShouldBe(isSet ? 0 : 1);
        text.ShouldContain("\nGRAFANA_PASSWORD=");
    }

    [Fact]
    public async Task The_secret_of_Kubernetes_is_generated_once()
    {
        await RunAsync("infra/k8s/make-secret");
        var file = Path.Combine(_folder, "infra", "k8s", "redis.env");
        var made = await File.ReadAllTextAsync(file);
        made.ShouldMatch("^REDIS_PASSWORD=[0-9a-f]{32}\n$");
        File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await RunAsync("infra/k8s/make-secret");
        (await File.ReadAllTextAsync(file)).ShouldBe(made);
    }

    private Dictionary<string, string> Passwords() =>
        Password().Matches(File.ReadAllText(EnvFile)).ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value);

    private async Task RunAsync(string script)
    {
        using var process = Process.Start(
            new ProcessStartInfo(Path.Combine(_folder, script)) { RedirectStandardError = true, WorkingDirectory = "/" })!;
        var said = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        process.ExitCode.ShouldBe(0, said);
    }

    [GeneratedRegex(@"^(\w+_PASSWORD)=(.+)$", RegexOptions.Multiline)]
    private static partial Regex Password();

    [GeneratedRegex("^[0-9a-f]{32}$")]
    private static partial Regex Generated();
}
