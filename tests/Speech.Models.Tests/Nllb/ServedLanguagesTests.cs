using System.Text.Json.Nodes;
using Speech.Models.Nllb;
using Speech.Tensors;
using Speech.Tensors.Cpu;

namespace Speech.Models.Tests.Nllb;

public sealed class ServedLanguagesTests(NanoNllbModel nano) : IClassFixture<NanoNllbModel>
{
    [Fact]
    public void The_built_in_model_serves_what_it_has_learnt_by_whichever_code_that_is_asked_for()
    {
        nano.Model.Languages.ShouldBe(["eng_Latn", "fra_Latn", "spa_Latn", "deu_Latn"]);
        nano.Model.FindLanguage("fr").ShouldBe("fra_Latn");
        nano.Model.FindLanguage("jpn_Jpan").ShouldBeNull();
        nano.Model.FindLanguage("no such").ShouldBeNull();
    }

    [Theory]
    [InlineData("en", "ja")]
    [InlineData("ja", "en")]
    public void A_text_in_or_into_another_language_is_refused_with_the_languages_that_are_served(string source, string target) =>
        Should.Throw<ArgumentException>(() => nano.Model.Prepare("one", source, target)).Message
            .ShouldStartWith("The model does not serve the language 'ja'; it serves eng_Latn fra_Latn spa_Latn deu_Latn.");

    [Fact]
    public void A_configuration_with_a_language_that_the_tokenizer_does_not_know_is_refused()
    {
        using var folder = new TemporaryFolder();
        foreach (var file in Directory.GetFiles(NanoNllb.Folder))
            File.Copy(file, folder.File(Path.GetFileName(file)));
        var config = JsonNode.Parse(File.ReadAllText(folder.File("config.json")))!;
        config["served_languages"] = new JsonArray("eng_Latn", "tlh_Latn");
        File.WriteAllText(folder.File("config.json"), config.ToJsonString());
        using var device = new CpuDevice(1);

        Should.Throw<ModelFileException>(() => NllbModel.Load(folder.Path, device)).Message.ShouldContain("'tlh_Latn'");
    }
}
