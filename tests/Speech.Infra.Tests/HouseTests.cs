using System.Xml.Linq;

namespace Speech.Infra.Tests;

/// <summary>Who may reference whom, as docs/architecture.md says.</summary>
public sealed class HouseTests
{
    private static readonly Dictionary<string, string[]> Shared = new()
    {
        ["Audio"] = [],
        ["Languages"] = [],
        ["Redis"] = [],
        ["Tensors"] = [],
        ["Catalog"] = ["Tensors"],
        ["Contracts"] = ["Languages"],
        ["Vad"] = ["Tensors"],
        ["Models"] = ["Languages", "Tensors"],
        ["Client"] = ["Audio", "Contracts"],
        ["Delivery"] = ["Contracts", "Redis"],
        ["Hosting"] = ["Contracts", "Delivery", "Redis"],
        ["Workers"] = ["Catalog", "Contracts", "Delivery", "Hosting", "Redis"],
    };

    [Fact]
    public void Shared_projects_reference_what_they_may()
    {
        Projects("shared").Select(Name).ShouldBe(Shared.Keys, ignoreOrder: true);
        foreach (var project in Projects("shared"))
            References(project).Except(Shared[Name(project)]).ShouldBeEmpty(project);
    }

    [Fact]
    public void Services_depend_on_shared_and_never_on_each_other()
    {
        foreach (var project in Projects("services"))
            References(project).Except(Shared.Keys).ShouldBeEmpty(project);
    }

    [Theory]
    [InlineData("Client")]
    [InlineData("Delivery")]
    public void What_others_may_build_on_needs_no_web_server(string name)
    {
        var project = XDocument.Load(Checkout.Path($"shared/Speech.{name}/Speech.{name}.csproj"));
        project.Descendants("FrameworkReference").ShouldBeEmpty();
        References(project).ShouldNotContain("Hosting");
    }

    private static IEnumerable<string> Projects(string folder) =>
        Directory.EnumerateFiles(
            Checkout.Path(folder), "*.csproj", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 1 });

    private static IEnumerable<string> References(string project) => References(XDocument.Load(project));

    private static IEnumerable<string> References(XDocument project) =>
        project.Descendants("ProjectReference").Select(reference => Name(reference.Attribute("Include")!.Value));

    private static string Name(string project) => Path.GetFileNameWithoutExtension(project)["Speech.".Length..];
}
