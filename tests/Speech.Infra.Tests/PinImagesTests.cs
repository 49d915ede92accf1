using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Speech.Infra.Tests;

/// <summary>infra/pin-images in a folder of its own, with a program in docker's place that knows digests.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed partial class PinImagesTests : IDisposable
{
    private const UnixFileMode Executable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly string _folder = Directory.CreateTempSubdirectory("speech-pin-").FullName;

    private string EnvFile => Path.Combine(_folder, ".env");

    public PinImagesTests()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "infra"));
        File.Copy(Checkout.Path("infra/pin-images"), Path.Combine(_folder, "infra", "pin-images"));
        Directory.CreateDirectory(Path.Combine(_folder, "bin"));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Every_image_of_the_compose_file_is_pinned_and_what_was_pinned_before_is_replaced()
    {
        await File.WriteAllTextAsync(EnvFile, "MODEL_SIZE=tiny\nREDIS_IMAGE=redis@sha256:old"); // without an end of line
        WriteDocker("""[ "$1" = pull ] || echo "${5%%:*}@sha256:0123" """);

        (await RunAsync()).ExitCode.ShouldBe(0);

        var text = await File.ReadAllTextAsync(EnvFile);
        text.ShouldStartWith("MODEL_SIZE=tiny\n");
        text.ShouldNotContain("old");
        text.ShouldContain("\nREDIS_IMAGE=redis@sha256:0123\n");
        text.ShouldContain("\nSDK_IMAGE=mcr.microsoft.com/dotnet/sdk@sha256:0123\n");
        var pinned = Pinned().Matches(text).Select(match => match.Groups[1].Value);
        var variables = Variable().Matches(await File.ReadAllTextAsync(Checkout.Path("docker-compose.yml")))
            .Select(match => match.Groups[1].Value);
        pinned.Order().ShouldBe(variables.Distinct().Order());
    }

    [Theory]
    [InlineData("exit 0", "was made here")]
    [InlineData("exit 1", "cannot be pulled")]
    public async Task An_image_without_a_digest_or_that_is_not_to_be_had_leaves_all_as_it_was(string docker, string reason)
    {
        await File.WriteAllTextAsync(EnvFile, "MODEL_SIZE=tiny\n");
        WriteDocker(docker);

        var (exitCode, said) = await RunAsync();

        exitCode.ShouldBe(1);
        said.ShouldContain(reason);
        (await File.ReadAllTextAsync(EnvFile)).ShouldBe("MODEL_SIZE=tiny\n");
        Directory.GetFiles(_folder).ShouldBe([EnvFile]);
    }

    private void WriteDocker(string body)
    {
        var file = Path.Combine(_folder, "bin", "docker");
        File.WriteAllText(file, $"#!/bin/sh\n{body}\n");
        File.SetUnixFileMode(file, Executable);
    }

    private async Task<(int ExitCode, string Said)> RunAsync()
    {
        var start =
            new ProcessStartInfo(Path.Combine(_folder, "infra", "pin-images")) { RedirectStandardError = true, WorkingDirectory = "/" };
        start.Environment["PATH"] = $"{Path.Combine(_folder, "bin")}:{Environment.GetEnvironmentVariable("PATH")}";
        using var process = Process.Start(start)!;
        var said = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, said);
    }

    [GeneratedRegex("^([A-Z]+_IMAGE)=.*@sha256:", RegexOptions.Multiline)]
    private static partial Regex Pinned();

    [GeneratedRegex(@"\$\{([A-Z]+_IMAGE):-")]
    private static partial Regex Variable();
}
