using System.Text.RegularExpressions;

namespace Speech.Infra.Tests;

/// <summary>
/// docker-compose.yml and the Dockerfile against the checkout, as far as that can be seen without an engine; with one: ./speech test
/// --docker.
/// </summary>
public sealed partial class ComposeTests
{
    private static readonly string Compose = File.ReadAllText(Checkout.Path("docker-compose.yml"));
    private static readonly string Dockerfile = File.ReadAllText(Checkout.Path("infra/Dockerfile"));

    [Fact]
    public void What_the_compose_file_takes_from_the_settings_is_documented_with_its_default()
    {
        var variables = Variable().Matches(Compose);

        variables.Count.ShouldBeGreaterThan(10);
        foreach (Match variable in variables)
        {
            var name = variable.Groups["name"].Value;
            EnvExample.Settings.Keys.ShouldContain(name);
            if (name is not "DRAIN_TIMEOUT_SECONDS") // of containers, as is said there
                EnvExample.Settings[name].ShouldBe(variable.Groups["default"].Value, name);
        }
    }

    [Fact]
    public void No_password_has_a_default()
    {
        Password().Matches(Compose).Select(match => match.Value).Distinct().ShouldBe(["${REDIS_PASSWORD:?", "${GRAFANA_PASSWORD:?"]);
        EnvExample.Settings.Keys.ShouldContain("GRAFANA_PASSWORD");
        File.ReadAllText(Checkout.Path("infra/k8s/kustomization.yaml")).ShouldNotContain("PASSWORD=");
    }

    [Fact]
    public void The_restored_layer_holds_every_project_that_the_images_need()
    {
        var needed = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var service in (string[])["services/gateway", "services/stt_worker", "services/translation_worker"])
            Add(Directory.GetFiles(Checkout.Path(service), "*.csproj").Single());

        CopiedProject().Matches(Dockerfile).Select(match => match.Groups[1].Value).Order(StringComparer.Ordinal).ShouldBe(needed);

        void Add(string project)
        {
            if (!needed.Add(Path.GetRelativePath(Checkout.Path("."), project)))
                return;
            foreach (Match reference in ProjectReference().Matches(File.ReadAllText(project)))
                Add(Path.GetFullPath(reference.Groups[1].Value, Path.GetDirectoryName(project)!));
        }
    }

    [Fact]
    public void Base_images_are_those_that_can_be_made_without_a_registry()
    {
        var offline = OfflineTag().Matches(File.ReadAllText(Checkout.Path("infra/offline/build"))).Select(match => match.Groups[1].Value)
            .ToHashSet();
        var used = BaseImage().Matches(Dockerfile).Concat(ComposeImage().Matches(Compose)).Select(match => match.Groups[1].Value)
            .Where(image => !image.StartsWith("speech/", StringComparison.Ordinal)
                && !image.StartsWith("grafana/", StringComparison.Ordinal));

        used.Distinct().Order(StringComparer.Ordinal).ShouldBe(offline.Order(StringComparer.Ordinal));
    }

    [GeneratedRegex(@"(?<!\$)\$\{(?<name>[A-Z_]+):-(?<default>[^}]*)\}")]
    private static partial Regex Variable();

    [GeneratedRegex(@"\$\{[A-Z_]*(PASSWORD|SECRET|TOKEN|KEY)[A-Z_]*:.")]
    private static partial Regex Password();

    [GeneratedRegex(@"^COPY (\S+\.csproj) ", RegexOptions.Multiline)]
    private static partial Regex CopiedProject();

    [GeneratedRegex(@"<ProjectReference Include=""([^""]+)""")]
    private static partial Regex ProjectReference();

    [GeneratedRegex(@"^  \[\w+\]=(\S+)$", RegexOptions.Multiline)]
    private static partial Regex OfflineTag();

    [GeneratedRegex(@"^ARG \w+_IMAGE=(\S+)", RegexOptions.Multiline)]
    private static partial Regex BaseImage();

    [GeneratedRegex(@"^    image: (?:\$\{\w+_IMAGE:-)?([^\s}]+)\}?$", RegexOptions.Multiline)]
    private static partial Regex ComposeImage();
}
