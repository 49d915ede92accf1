using System.Diagnostics;

namespace Speech.Infra.Tests;

/// <summary>The manifests of infra/k8s against Kubernetes' own description of its objects (Debian's python3-kubernetes).</summary>
public sealed class KubernetesTests
{
    [Fact]
    public async Task Every_manifest_is_one() => (await CheckAsync()).ShouldBe((0, ""));

    [Theory]
    [InlineData("replicas: 1", "replicas: one", "must be of type int")]
    [InlineData("readOnlyRootFilesystem", "readOnlyRootFileSystem", "there is no field 'readOnlyRootFileSystem'")]
    [InlineData("serviceName: redis", "podManagementPolicy: Parallel", "Invalid value for `service_name`")]
    [InlineData("name: redis, key", "name: reddis, key", "there is no secret or configuration 'reddis'")]
    public async Task A_mistake_is_found(string right, string mistake, string problem)
    {
        var manifest = await File.ReadAllTextAsync(Checkout.Path("infra/k8s/redis.yaml"));
        manifest.ShouldContain(right);
        var file = Path.Combine(Path.GetTempPath(), $"speech-{Guid.NewGuid():n}.yaml");
        try
        {
            await File.WriteAllTextAsync(file, manifest.Replace(right, mistake, StringComparison.Ordinal));
            var (code, problems) = await CheckAsync(file);
            code.ShouldBe(1);
            problems.ShouldContain(problem);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void Redis_is_configured_as_everywhere_else()
    {
        var manifest = File.ReadAllLines(Checkout.Path("infra/k8s/redis.yaml")).Select(line => line.Trim()).ToHashSet();
        var settings = File.ReadAllLines(Checkout.Path("infra/redis.conf"))
            .Where(line => line.Length > 0 && line[0] != '#' && !line.StartsWith("bind", StringComparison.Ordinal)
                && !line.StartsWith("protected-mode", StringComparison.Ordinal));
        settings.Where(setting => !manifest.Contains(setting)).ShouldBeEmpty();
    }

    private static async Task<(int Code, string Problems)> CheckAsync(params string[] files)
    {
        // Not whatever python3 comes first: the package is the system's.
        using var check = Process.Start(new ProcessStartInfo("/usr/bin/python3", [Checkout.Path("infra/k8s/check"), .. files])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        var problems = check.StandardError.ReadToEndAsync();
        await check.StandardOutput.ReadToEndAsync();
        await check.WaitForExitAsync();
        return (check.ExitCode, await problems);
    }
}
