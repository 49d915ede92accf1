namespace Speech.Catalog.Tests;

public sealed class WhisperCatalogTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_entry_has_a_name_a_size_and_a_checksum_of_its_own()
    {
        var entries = WhisperCatalog.Entries;
        entries.Count.ShouldBe(34);
        entries.Select(entry => entry.Name).ShouldBeUnique();
        entries.Select(entry => entry.Sha256).ShouldBeUnique();
        entries.ShouldAllBe(entry => RecordedChecksum.IsSha256(entry.Sha256) && entry.Bytes > 10_000_000 && entry.Bytes < 4_000_000_000);
    }

    [Fact]
    public void The_sizes_are_in_the_order_of_the_models()
    {
        string[] full = ["tiny", "base", "small", "medium", "large-v2"];
        full.Select(name => WhisperCatalog.Entry(name)!.Bytes).ShouldBeInOrder();
        foreach (var entry in WhisperCatalog.Entries.Where(entry => entry.Name.Contains("-q", StringComparison.Ordinal)))
            entry.Bytes.ShouldBeLessThan(WhisperCatalog.Entry(entry.Name[..entry.Name.IndexOf("-q", StringComparison.Ordinal)])!.Bytes);
    }

    [Theory]
    [InlineData("large", "large-v3")]
    [InlineData("turbo", "large-v3-turbo")]
    public void OpenAIs_short_names_mean_the_newest(string alias, string name) => WhisperCatalog.Entry(alias)!.Name.ShouldBe(name);

    [Fact]
    public async Task The_built_in_model_is_here_and_good()
    {
        using var store = new ModelStore(new ModelStoreOptions { ModelFolder = _folder.Path, Offline = true });

        var model = store.List()[0];
        model.ShouldBe(new StoredModel("nano.en", ModelPlace.BuiltIn, Checkout.Path("shared/models/nano.en/ggml-nano.en.bin"), 29_476_918));
        (await ModelStore.VerifyAsync(model)).Verdict.ShouldBe(ModelVerdict.Good);
        (await store.GetAsync("nano.en")).TrainedForShortContext.ShouldBeTrue();
        store.List().Count.ShouldBe(WhisperCatalog.Entries.Count + TranslationCatalog.Entries.Count);
        store.List()[1].ShouldBe(new StoredModel("tiny", ModelPlace.NotHere, null, 77_691_713));
    }

    [Fact]
    public void A_model_in_the_model_folder_comes_before_the_built_in_one()
    {
        File.WriteAllText(_folder.File("ggml-nano.en.bin"), "mine");
        using var store = new ModelStore(new ModelStoreOptions { ModelFolder = _folder.Path });
        store.Find("nano.en")!.Path.ShouldBe(_folder.File("ggml-nano.en.bin"));
    }

    [Fact]
    public async Task A_built_in_model_that_is_missing_is_not_looked_for_on_the_network()
    {
        using var store = new ModelStore(new ModelStoreOptions { ModelFolder = _folder.Path, BuiltInFolder = null });
        (await Should.ThrowAsync<FileNotFoundException>(store.GetAsync("nano.en"))).Message.ShouldContain("Is the installation whole?");
    }

    [Fact]
    public async Task A_path_is_a_path()
    {
        File.WriteAllText(_folder.File("ggml-nano.en-q8_0.bin"), "");
        using var store = new ModelStore(new ModelStoreOptions { ModelFolder = _folder.Path });

        var model = await store.GetAsync(_folder.File("ggml-nano.en-q8_0.bin"));
        model.ShouldBe(new WhisperModelFile(_folder.File("ggml-nano.en-q8_0.bin"), TrainedForShortContext: true, TakesPrompts: false));
        (await Should.ThrowAsync<FileNotFoundException>(store.GetAsync("tinny"))).Message.ShouldContain("neither a file nor a URL");
    }

    [Theory]
    [InlineData("nano.en", false)]
    [InlineData("/models/ggml-nano.en-q8_0.bin", false)]
    [InlineData("tiny.en", true)]
    [InlineData("turbo", true)]
    [InlineData("/models/ggml-mine.bin", true)]
    [InlineData("https://example.org/nano.bin", true)]
    public void The_built_in_model_and_its_copies_take_no_prompt_and_all_others_do(string model, bool takes) =>
        WhisperCatalog.TakesPrompts(model).ShouldBe(takes);

    [Fact]
    public void The_environment_sets_the_store()
    {
        var variables = new Dictionary<string, string?>
        {
            ["MODEL_DIR"] = _folder.Path,
            ["MODEL_BASE_URL"] = "http://mirror/whisper/",
            ["MODEL_OFFLINE"] = "1"
        };

        var options = ModelStoreOptions.FromEnvironment(variables.GetValueOrDefault);
        options.ModelFolder.ShouldBe(_folder.Path);
        options.Offline.ShouldBeTrue();
        ModelUrl.Below(options.BaseUrl, "ggml-tiny.bin").AbsoluteUri.ShouldBe("http://mirror/whisper/ggml-tiny.bin");

        ModelStoreOptions.FromEnvironment(_ => null).BaseUrl.ShouldBe(ModelStoreOptions.DefaultBaseUrl);
        ModelStoreOptions.FromEnvironment(_ => null).Offline.ShouldBeFalse();
        ModelStoreOptions.FromEnvironment(name => name == "XDG_CACHE_HOME" ? "/cache" : null).ModelFolder.ShouldBe("/cache/speech/models");
    }

    [Theory]
    [InlineData("MODEL_BASE_URL", "ftp://mirror")]
    [InlineData("MODEL_BASE_URL", "mirror")]
    [InlineData("MODEL_OFFLINE", "perhaps")]
    public void A_senseless_setting_is_an_error(string name, string value) =>
        Should.Throw<FormatException>(() => ModelStoreOptions.FromEnvironment(variable => variable == name ? value : null)).Message
            .ShouldContain(name);
}
