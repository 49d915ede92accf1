using Speech.Hosting;
using Speech.Hosting.Settings;

namespace Speech.Gateway.Tests;

public class GatewayOptionsTests
{
    [Fact]
    public void The_values_that_env_example_shows_are_the_defaults()
    {
        var documented = new EnvironmentSettings(EnvExample.Settings.GetValueOrDefault);
        GatewayOptions.From(documented).ShouldBe(GatewayOptions.From(new EnvironmentSettings(_ => null)));
        documented.Problems.ShouldBeEmpty();
    }
}
