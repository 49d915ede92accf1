using System.Text.Json;
using System.Text.RegularExpressions;
using Speech.EndToEnd.Tests.Support;

namespace Speech.EndToEnd.Tests;

/// <summary>The client that README shows, as printed there but for the port.</summary>
[Collection(UsesSharedFleet.Name)]
public sealed partial class ReadmeClientTests(SharedFleet shared)
{
    [Fact]
    public async Task The_client_in_the_readme_transcribes_a_recording()
    {
        var program = CSharpBlock().Match(await File.ReadAllTextAsync(Checkout.Path("README.md"))).Groups["code"].Value;
        program.ShouldContain("127.0.0.1:8080");
        var recording = Hearing.Recordings.Single(recording => recording.Id == "an408-fcaw-b");

        // Outside of the checkout, whose build settings are not for it; what the SDK writes for it goes here too.
        var folder = Directory.CreateTempSubdirectory("speech-readme-");
        try
        {
            await File.WriteAllTextAsync(
                Path.Combine(folder.FullName, "client.cs"),
                program.Replace("127.0.0.1:8080", shared.Gateway.Authority, StringComparison.Ordinal));
            string[] arguments =
            [
                "run", "-p:PublishAot=false", // else the SDK asks NuGet for a native compiler, which only publishing needs
                "client.cs", Checkout.Path($"shared/recordings/an4/{recording.Id}.wav"),
            ];
            var run = await ProgramRun.StartAsync(
                "dotnet", arguments, new Dictionary<string, string> { ["XDG_DATA_HOME"] = folder.FullName }, folder.FullName);

            run.ExitCode.ShouldBe(0, run.Errors + run.Output);
            var messages = run.Lines.Select(line => JsonDocument.Parse(line).RootElement).ToArray();
            messages[0].GetProperty("type").GetString().ShouldBe("ready");
            messages[^1].GetProperty("type").GetString().ShouldBe("done");
            var transcripts = messages.Where(message => message.GetProperty("type").GetString() == "transcript");
            await Hearing.ShouldBeRightAsync(
                [recording], string.Join(' ', transcripts.Select(transcript => transcript.GetProperty("text").GetString())));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [GeneratedRegex(@"```csharp\n(?<code>.*?)```", RegexOptions.Singleline)]
    private static partial Regex CSharpBlock();
}
