using System.Security.Cryptography;
using System.Text;
using Speech.Tensors.Files;

namespace Speech.Catalog.Tests;

public sealed class TranslationStoreTests : IAsyncLifetime, IDisposable
{
    private const string Name = "nllb-200-distilled-600M";
    private const string Folder = $"facebook/{Name}/resolve/f8d333a098d19b4fd9a8b18f94170487ad3f821d";
    private const string M2M100Folder = "facebook/m2m100_418M/resolve/55c2e61bbf05dfb8d7abccdc3fae6fc8512fd636";
    private const string Token = "hf_verySecretIndeed";

    private static readonly string BuiltIn = Checkout.Path("shared/models/nano-nllb");
    private static readonly string[] SmallFiles =
        ["config.json", "sentencepiece.bpe.model", "generation_config.json", "tokenizer_config.json", "special_tokens_map.json"];

    private readonly TemporaryFolder _folder = new();
    private HubServer _hub = null!;

    private ModelStoreOptions Options => new()
    {
        ModelFolder = _folder.Path,
        BuiltInFolder = null,
        HubUrl = _hub.Url,
        HubToken = HubToken.Parse(Token),
        FirstRetryDelay = TimeSpan.FromMilliseconds(1),
    };

    public async Task InitializeAsync()
    {
        _hub = await HubServer.StartAsync();
        foreach (var file in SmallFiles)
            _hub.Add(Folder, file, await File.ReadAllBytesAsync(Path.Combine(BuiltIn, file)));
    }

    public async Task DisposeAsync() => await _hub.DisposeAsync();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_model_that_can_be_downloaded_is_pinned_to_a_commit() =>
        TranslationCatalog.Entries.Where(entry => !entry.IsBuiltIn)
            .ShouldAllBe(entry => entry.Revision.Length == 40 && entry.Revision.All(char.IsAsciiHexDigitLower));

    [Theory]
    [InlineData(Name)]
    [InlineData($"facebook/{Name}")]
    public async Task A_model_with_safetensors_comes_whole_with_checksums(string name)
    {
        _hub.Add(Folder, "model.safetensors", await File.ReadAllBytesAsync(Path.Combine(BuiltIn, "model.safetensors")));
        using var store = new ModelStore(Options);
        store.FindTranslation(name).ShouldBeNull();

        var folder = await store.GetTranslationAsync(name);

        folder.ShouldBe(_folder.File(Name));
        _hub.Asked.ShouldBe([.. SmallFiles, "model.safetensors"]);
        using (var weights = WeightFile.Open(folder))
            weights.Get("model.shared.weight", 2606, 128).Length.ShouldBe(2606 * 128);
        foreach (var file in (string[])[.. SmallFiles, "model.safetensors"])
        {
            var sha256 = Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(Path.Combine(BuiltIn, file))));
            (await File.ReadAllTextAsync(Path.Combine(folder, file + ".sha256"))).ShouldBe($"{sha256}  {file}\n");
        }

        store.FindTranslation(name).ShouldBe(folder);
        (await store.GetTranslationAsync(name)).ShouldBe(folder);
        _hub.HubRequests.Count.ShouldBe(SmallFiles.Length + 1);
        store.List().Single(model => model.Name == Name)
            .ShouldBe(new StoredModel(Name, ModelPlace.ModelFolder, folder, 5_048_920, ModelKind.Translation));
    }

    [Fact]
    public async Task Weights_are_asked_for_in_every_form_until_one_is_there()
    {
        var checkpoint = await File.ReadAllBytesAsync(Checkout.Path("tests/references/nano-nllb/pytorch_model.bin"));
        _hub.Add(Folder, "pytorch_model.bin", checkpoint);

        var folder = await GetAsync(Name);

        _hub.Asked.ShouldBe([.. SmallFiles, "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin"]);
        using var weights = WeightFile.Open(folder);
        weights.Path.ShouldEndWith("pytorch_model.bin");
        LeftOvers().ShouldBeEmpty();
    }

    [Theory]
    [InlineData("model.safetensors.index.json", "safetensors")]
    [InlineData("pytorch_model.bin.index.json", "bin")]
    public async Task Shards_follow_their_index(string index, string extension)
    {
        AddIndex(index, $"model-00002-of-00002.{extension}", $"model-00001-of-00002.{extension}");
        _hub.Add(Folder, $"model-00001-of-00002.{extension}", RandomNumberGenerator.GetBytes(20_000));
        _hub.Add(Folder, $"model-00002-of-00002.{extension}", RandomNumberGenerator.GetBytes(30_000));

        var folder = await GetAsync(Name);

        _hub.Asked.TakeLast(3).ShouldBe([index, $"model-00001-of-00002.{extension}", $"model-00002-of-00002.{extension}"]);
        using var store = new ModelStore(Options);
        var model = store.List().Single(model => model.Name == Name);
        model.Bytes.ShouldBe(50_000 + new FileInfo(Path.Combine(folder, index)).Length);
        ModelStore.FilesOf(model).Count.ShouldBe(SmallFiles.Length + 3);

        File.Delete(Path.Combine(folder, $"model-00001-of-00002.{extension}"));
        store.FindTranslation(Name).ShouldBeNull();
        await GetAsync(Name);
        _hub.Asked.Last().ShouldBe($"model-00001-of-00002.{extension}");
    }

    [Theory]
    [InlineData("../../evil.safetensors")]
    [InlineData("config.json")]
    [InlineData("/etc/evil.safetensors")]
    public async Task An_index_that_leaves_its_folder_is_refused_and_removed(string shard)
    {
        AddIndex("model.safetensors.index.json", shard);

        var error = await Should.ThrowAsync<ModelDownloadException>(GetAsync(Name));

        error.Message.ShouldContain("not the name of a .safetensors file");
        File.Exists(_folder.File($"{Name}/model.safetensors.index.json")).ShouldBeFalse();
        _hub.Asked.Last().ShouldBe("model.safetensors.index.json");
    }

    [Fact]
    public async Task A_repository_without_weights_or_without_a_needed_file_is_told()
    {
        var error = await Should.ThrowAsync<ModelDownloadException>(GetAsync(Name));
        error.Message.ShouldContain("no weights");
        error.Message.ShouldContain("model.safetensors");

        (await Should.ThrowAsync<ModelDownloadException>(GetAsync("m2m100_418M"))).Message.ShouldContain($"{M2M100Folder}/config.json");
        foreach (var file in SmallFiles)
            _hub.Add(M2M100Folder, file, [1, 2, 3]);
        (await Should.ThrowAsync<ModelDownloadException>(GetAsync("m2m100_418M"))).Message.ShouldContain("vocab.json");
    }

    [Fact]
    public async Task Files_that_a_repository_may_lack_are_not_missed()
    {
        _hub.Files.Remove($"/{Folder}/special_tokens_map.json");
        _hub.Files.Remove($"/{Folder}/generation_config.json");
        _hub.Add(Folder, "model.safetensors", RandomNumberGenerator.GetBytes(20_000));

        var folder = await GetAsync(Name);

        Directory.EnumerateFiles(folder).Select(Path.GetFileName).Where(file => !file!.EndsWith(".sha256", StringComparison.Ordinal))
            .Order()
            .ShouldBe([".lock", "config.json", "model.safetensors", "sentencepiece.bpe.model", "tokenizer_config.json"]);
    }

    [Fact]
    public async Task The_token_is_shown_to_the_hub_and_to_nobody_else()
    {
        _hub.RequiredToken = Token;
        _hub.Add(Folder, "model.safetensors", RandomNumberGenerator.GetBytes(20_000));

        await GetAsync(Name);

        _hub.HubRequests.ShouldAllBe(request => request.Authorization == $"Bearer {Token}");
        _hub.ContentRequests.ShouldNotBeEmpty();
        _hub.ContentRequests.ShouldAllBe(request => request.Authorization.Length == 0);
    }

    [Fact]
    public async Task A_refused_token_is_named_and_not_shown()
    {
        _hub.RequiredToken = "another";

        var error = await Should.ThrowAsync<ModelDownloadException>(GetAsync(Name));

        error.Message.ShouldContain("401");
        error.Message.ShouldContain("HF_TOKEN");
        error.ToString().ShouldNotContain(Token);
        Options.ToString().ShouldNotContain(Token);
        Options.HubToken!.ToString().ShouldNotContain(Token);
        LeftOvers().ShouldBeEmpty();
    }

    [Theory]
    [InlineData("https://hub/a", "https://hub/b", true)]
    [InlineData("https://hub/a", "https://HUB:443/b", true)]
    [InlineData("http://127.0.0.1:1234/a", "http://127.0.0.1:1234/b", true)]
    [InlineData("https://hub/a", "https://hub:8443/a", false)]
    [InlineData("https://hub/a", "https://cdn.hub/a", false)]
    [InlineData("https://hub/a", "https://hub.evil.example/a", false)]
    [InlineData("https://hub/a", "http://hub/a", false)]
    [InlineData("http://hub/a", "http://hub/a", false)]
    [InlineData("http://127.0.0.1:1234/a", "http://127.0.0.1:1235/b", false)]
    public void A_token_is_for_one_server_and_a_connection_that_nobody_overhears(string source, string url, bool shown) =>
        (HubToken.Parse(Token)!.HeaderFor(new Uri(source), new Uri(url)) is not null).ShouldBe(shown);

    [Fact]
    public async Task A_mirror_has_folders_by_name_and_is_shown_no_token()
    {
        foreach (var (path, content) in _hub.Files.ToArray())
            _hub.Add($"mirror/{Name}", Path.GetFileName(path), content);
        _hub.Add($"mirror/{Name}", "model.safetensors", RandomNumberGenerator.GetBytes(20_000));
        using var store = new ModelStore(Options with { HubUrl = new Uri("http://127.0.0.1:1"), BaseUrl = new Uri(_hub.Url, "mirror/") });

        await store.GetTranslationAsync(Name);

        _hub.HubRequests.ShouldAllBe(
            request => request.Path.StartsWith($"/mirror/{Name}/", StringComparison.Ordinal) && request.Authorization.Length == 0);
    }

    [Fact]
    public async Task What_a_broken_download_leaves_is_continued()
    {
        var content = RandomNumberGenerator.GetBytes(200_000);
        _hub.Add(Folder, "model.safetensors", content);
        foreach (var cut in (int[])[.. Enumerable.Repeat(3000, 6)])
            _hub.Cuts.Enqueue(cut);
        // The tokenizer is the first large file: its download uses the cuts up.
        (await Should.ThrowAsync<ModelDownloadException>(GetAsync(Name))).Message.ShouldContain("6 attempts");
        LeftOvers().ShouldBe(["sentencepiece.bpe.model.part", "sentencepiece.bpe.model.part.etag"], ignoreOrder: true);
        using var store = new ModelStore(Options);
        store.FindTranslation(Name).ShouldBeNull();

        _hub.Cuts.Enqueue(1_000_000);
        _hub.Cuts.Enqueue(100_000);
        var folder = await store.GetTranslationAsync(Name);

        (await File.ReadAllBytesAsync(Path.Combine(folder, "model.safetensors"))).AsSpan().SequenceEqual(content).ShouldBeTrue();
        _hub.Asked.Count(file => file == "config.json").ShouldBe(1);
        LeftOvers().ShouldBeEmpty();
    }

    [Fact]
    public async Task Weights_that_are_not_what_the_hub_states_are_removed()
    {
        _hub.StatedSha256 = new string('a', 64);
        (await Should.ThrowAsync<ModelDownloadException>(GetAsync(Name))).Message.ShouldContain("It was removed");
        LeftOvers().ShouldBeEmpty();
    }

    [Fact]
    public async Task Two_that_ask_at_once_download_once()
    {
        _hub.Add(Folder, "model.safetensors", RandomNumberGenerator.GetBytes(20_000));

        var folders = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => GetAsync(Name)));

        folders.Distinct().Count().ShouldBe(1);
        _hub.Asked.ShouldBeUnique();
    }

    [Fact]
    public async Task Offline_says_what_is_missing_and_asks_nobody()
    {
        using var store = new ModelStore(Options with { Offline = true });
        var error = await Should.ThrowAsync<FileNotFoundException>(store.GetTranslationAsync(Name));
        error.Message.ShouldContain("MODEL_OFFLINE");
        error.Message.ShouldContain("sentencepiece.bpe.model");
        _hub.HubRequests.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_built_in_model_is_here_and_good()
    {
        using var store = new ModelStore(new ModelStoreOptions { ModelFolder = _folder.Path, Offline = true });

        (await store.GetTranslationAsync("nano-nllb")).ShouldBe(BuiltIn);

        var model = store.List().Single(model => model.Name == "nano-nllb");
        model.ShouldBe(new StoredModel("nano-nllb", ModelPlace.BuiltIn, BuiltIn, 5_048_920, ModelKind.Translation));
        var files = ModelStore.FilesOf(model);
        files.Select(file => file.Name).Order().ShouldBe(
            [.. ((string[])[.. SmallFiles, "model.safetensors"]).Select(file => $"nano-nllb/{file}").Order()]);
        foreach (var file in files)
            (await ModelStore.VerifyAsync(file)).Verdict.ShouldBe(ModelVerdict.Good, file.Name);
    }

    [Fact]
    public async Task Damage_is_found_in_the_file_that_has_it()
    {
        _hub.Add(Folder, "model.safetensors", RandomNumberGenerator.GetBytes(20_000));
        var folder = await GetAsync(Name);
        await File.AppendAllTextAsync(Path.Combine(folder, "config.json"), " ");
        using var store = new ModelStore(Options);

        var damaged = new List<string>();
        foreach (var file in ModelStore.FilesOf(store.List().Single(model => model.Name == Name)))
        {
            if ((await ModelStore.VerifyAsync(file)).Verdict == ModelVerdict.Damaged)
                damaged.Add(file.Name);
        }

        damaged.ShouldBe([$"{Name}/config.json"]);
    }

    [Fact]
    public async Task A_folder_is_a_folder_and_anything_else_is_named()
    {
        using var store = new ModelStore(Options);
        (await store.GetTranslationAsync(BuiltIn)).ShouldBe(BuiltIn);
        (await Should.ThrowAsync<FileNotFoundException>(store.GetTranslationAsync("nllb"))).Message.ShouldContain("nllb-200-3.3B");
        (await Should.ThrowAsync<FileNotFoundException>(store.GetTranslationAsync("nano-nllb"))).Message
            .ShouldContain("Is the installation whole?");
    }

    [Fact]
    public void The_environment_sets_hub_and_token()
    {
        var options = ModelStoreOptions.FromEnvironment(
            name => name switch { "HF_ENDPOINT" => "https://hub.example", "HF_TOKEN" => $" {Token}\n", _ => null });
        options.HubUrl.ShouldBe(new Uri("https://hub.example"));
        options.HubToken!.HeaderFor(options.HubUrl, options.HubUrl)!.Parameter.ShouldBe(Token);

        ModelStoreOptions.FromEnvironment(_ => null).HubUrl.ShouldBe(ModelStoreOptions.DefaultHubUrl);
        ModelStoreOptions.FromEnvironment(_ => null).HubToken.ShouldBeNull();
        foreach (var token in (string[])["secret\nX-Evil: 1", "secret words", "sécret", new string('s', 1000)])
        {
            var error = Should.Throw<FormatException>(() => ModelStoreOptions.FromEnvironment(name => name == "HF_TOKEN" ? token : null));
            error.Message.ShouldContain("HF_TOKEN");
            error.Message.ShouldNotContain(token);
        }

        Should.Throw<FormatException>(() => ModelStoreOptions.FromEnvironment(name => name == "HF_ENDPOINT" ? "hub" : null)).Message
            .ShouldContain("HF_ENDPOINT");
    }

    [Fact]
    public void Every_entry_is_a_repository_with_a_configuration_and_a_tokenizer()
    {
        TranslationCatalog.Entries.Select(entry => entry.Name).ShouldBe(
            ["nano-nllb", "nllb-200-distilled-600M", "nllb-200-distilled-1.3B", "nllb-200-1.3B", "nllb-200-3.3B", "m2m100_418M",
                "m2m100_1.2B"]);
        TranslationCatalog.Entries.Select(entry => entry.Name).Intersect(WhisperCatalog.Entries.Select(entry => entry.Name))
            .ShouldBeEmpty();
        TranslationCatalog.Entry("facebook/m2m100_418M")!.RequiredFiles.ShouldContain("vocab.json");
        TranslationCatalog.Entry("facebook/nano-nllb").ShouldBeNull();
    }

    private void AddIndex(string index, params string[] shards)
    {
        var map = string.Join(',', shards.Select((shard, i) => $"\"tensor{i}\":\"{shard}\""));
        _hub.Add(Folder, index, Encoding.UTF8.GetBytes($$"""{"metadata":{},"weight_map":{ {{map}} } }"""));
    }

    private async Task<string> GetAsync(string name)
    {
        using var store = new ModelStore(Options);
        return await store.GetTranslationAsync(name);
    }

    private string[] LeftOvers() =>
        [.. Directory.EnumerateFiles(_folder.Path, "*", SearchOption.AllDirectories).Select(path => Path.GetFileName(path))
            .Where(name => name.Contains(".part", StringComparison.Ordinal))];
}
