using System.Diagnostics;
using System.Net;

namespace Speech.Catalog.Tests;

public sealed class ModelStoreTests : IAsyncLifetime, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<ModelDownloadProgress> _progress = [];
    private FileServer _server = null!;

    private string Url => $"{_server.Url}/some-model.bin";

    private ModelStoreOptions Options => new()
    {
        ModelFolder = _folder.Path,
        BuiltInFolder = null,
        BaseUrl = _server.Url,
        FirstRetryDelay = TimeSpan.FromMilliseconds(1),
    };

    public async Task InitializeAsync() => _server = await FileServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_file_is_downloaded_whole_with_its_checksum_beside_it()
    {
        var model = await GetAsync(Url);

        ShouldHaveContent(model);
        (await File.ReadAllTextAsync(model.Path + ".sha256")).ShouldBe($"{_server.Sha256}  some-model.bin\n");
        Path.GetFileName(model.Path).ShouldBe("some-model.bin");
        _progress[^1]
            .ShouldBe(new ModelDownloadProgress("some-model.bin", ModelDownloadStage.Done, _server.Content.Length, _server.Content.Length));
        _progress.Select(progress => progress.Bytes).ShouldBe(_progress.Select(progress => progress.Bytes).Order());
        LeftOvers().ShouldBeEmpty();

        await GetAsync(Url);
        _server.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task An_empty_file_and_one_without_a_stated_length_are_files_too()
    {
        _server.WithoutLength = true;
        ShouldHaveContent(await GetAsync(Url));

        _server.WithoutLength = false;
        _server.Content = [];
        ShouldHaveContent(await GetAsync(Url + "?empty"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1000)]
    [InlineData(131_072)]
    [InlineData(299_999)]
    public async Task A_cut_connection_is_continued_where_it_was_cut(int bytes)
    {
        _server.Cuts.Enqueue(bytes);

        ShouldHaveContent(await GetAsync(Url));

        _server.Requests.Count.ShouldBe(2);
        var second = _server.Requests.Last();
        second.ShouldStartWith("bytes=");
        From(second).ShouldBeInRange(1, bytes);
        _progress.ShouldContain(progress => progress.Stage == ModelDownloadStage.Retrying);
    }

    [Fact]
    public async Task Many_cuts_are_many_continuations()
    {
        foreach (var cut in (int[])[100_000, 10, 50_000, 70_000, 1])
            _server.Cuts.Enqueue(cut);

        ShouldHaveContent(await GetAsync(Url));
        _server.Requests.Count.ShouldBe(6);
    }

    [Fact]
    public async Task A_server_that_always_cuts_is_given_up_and_a_later_download_continues()
    {
        for (var i = 0; i < 6; i++)
            _server.Cuts.Enqueue(20_000);

        (await Should.ThrowAsync<ModelDownloadException>(GetAsync(Url))).Message.ShouldContain("6 attempts");
        LeftOvers().ShouldContain("some-model.bin.part");
        LeftOvers().ShouldNotContain("some-model.bin");

        ShouldHaveContent(await GetAsync(Url));
        From(_server.Requests.Last()).ShouldBeGreaterThan(0);
        _progress.ShouldContain(progress => progress.Stage == ModelDownloadStage.Resuming);
    }

    [Fact]
    public async Task A_server_without_ranges_begins_again()
    {
        _server.HonoursRange = false;
        _server.Cuts.Enqueue(100_000);

        ShouldHaveContent(await GetAsync(Url));
        _server.Requests.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_file_that_changed_between_the_parts_is_fetched_from_its_beginning()
    {
        await CancelAfterAsync(100_000);
        _server.Content = [.. Enumerable.Repeat((byte)7, 200_000)];
        _server.EntityTag = "\"two\"";

        ShouldHaveContent(await GetAsync(Url));
        From(_server.Requests.Last()).ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Without_a_tag_or_checksum_nothing_is_continued()
    {
        _server.EntityTag = null;
        _server.Cuts.Enqueue(100_000);

        ShouldHaveContent(await GetAsync(Url));
        _server.Requests.ShouldBe(["", ""]);
    }

    [Fact]
    public async Task A_changed_file_with_an_unchanged_tag_is_noticed_by_its_checksum_and_fetched_anew()
    {
        _server.StatedSha256 = _server.Sha256;
        await CancelAfterAsync(100_000);
        _server.Content = [.. Enumerable.Repeat((byte)7, 300_000)];
        _server.StatedSha256 = _server.Sha256;

        ShouldHaveContent(await GetAsync(Url));
        _progress.ShouldContain(progress => progress.Detail == "the pieces do not fit together");
    }

    [Fact]
    public async Task A_part_that_is_already_whole_needs_no_more_bytes()
    {
        await CancelAfterAsync(100_000);
        await File.WriteAllBytesAsync(PathOf(Url) + ".part", _server.Content);

        ShouldHaveContent(await GetAsync(Url));
        From(_server.Requests.Last()).ShouldBe(_server.Content.Length);
    }

    [Fact]
    public async Task A_part_longer_than_the_file_is_thrown_away()
    {
        await CancelAfterAsync(100_000);
        await File.WriteAllBytesAsync(PathOf(Url) + ".part", new byte[_server.Content.Length + 5]);

        ShouldHaveContent(await GetAsync(Url));
    }

    [Fact]
    public async Task A_wrong_checksum_removes_the_file()
    {
        _server.StatedSha256 = new string('a', 64);

        var error = await Should.ThrowAsync<ModelDownloadException>(GetAsync(Url));

        error.Message.ShouldContain(_server.Sha256);
        error.Message.ShouldContain(_server.StatedSha256);
        LeftOvers().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_named_model_of_the_wrong_size_is_refused_before_it_is_fetched()
    {
        var error = await Should.ThrowAsync<ModelDownloadException>(GetAsync("tiny"));

        error.Message.ShouldContain("77691713");
        error.Message.ShouldContain("MODEL_BASE_URL");
        LeftOvers().ShouldBeEmpty();
        _server.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_named_model_of_the_wrong_content_is_removed()
    {
        _server.Content = new byte[32_152_673];

        var error = await Should.ThrowAsync<ModelDownloadException>(GetAsync("tiny-q5_1"));

        error.Message.ShouldContain("818710568da3ca15689e31a743197b520007872ff9576237bda97bd1b469c3d7");
        LeftOvers().ShouldBeEmpty();
        File.Exists(_folder.File("ggml-tiny-q5_1.bin")).ShouldBeFalse();
    }

    [Fact]
    public async Task A_missing_file_is_an_error_at_once()
    {
        _server.Failures.Enqueue(HttpStatusCode.NotFound);

        (await Should.ThrowAsync<ModelDownloadException>(GetAsync(Url))).Message.ShouldContain("404");
        _server.Requests.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(HttpStatusCode.Unauthorized)]
    [InlineData(HttpStatusCode.Forbidden)]
    [InlineData(HttpStatusCode.NoContent)]
    public async Task Another_status_is_told(HttpStatusCode status)
    {
        _server.Failures.Enqueue(status);
        (await Should.ThrowAsync<ModelDownloadException>(GetAsync(Url))).Message.ShouldContain($"{(int)status}");
    }

    [Fact]
    public async Task What_may_pass_is_tried_again()
    {
        foreach (var status in (HttpStatusCode[])[HttpStatusCode.ServiceUnavailable, HttpStatusCode.TooManyRequests,
            HttpStatusCode.BadGateway])
            _server.Failures.Enqueue(status);

        ShouldHaveContent(await GetAsync(Url));
        _server.Requests.Count.ShouldBe(4);
    }

    [Fact]
    public async Task No_server_is_an_error_after_some_attempts()
    {
        await _server.DisposeAsync();

        var error = await Should.ThrowAsync<ModelDownloadException>(GetAsync(Url));
        error.Message.ShouldContain("Is the network up?");
    }

    [Fact]
    public async Task A_silent_server_counts_as_gone()
    {
        var never = new TaskCompletionSource();
        _server.Gate = never.Task;
        using var store = new ModelStore(Options with { SilenceTimeout = TimeSpan.FromMilliseconds(50), MaximumAttempts = 2 });

        (await Should.ThrowAsync<ModelDownloadException>(store.GetAsync(Url))).Message.ShouldContain("silent");
        never.SetResult();
    }

    [Fact]
    public async Task An_absurd_length_is_refused()
    {
        _server.ContentLength = long.MaxValue;
        (await Should.ThrowAsync<ModelDownloadException>(GetAsync(Url))).Message.ShouldContain("9223372036854775807 bytes");
        LeftOvers().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_length_beyond_the_disk_is_refused()
    {
        _server.ContentLength = 1L << 60;
        using var store = new ModelStore(Options with { MaximumBytes = long.MaxValue });
        (await Should.ThrowAsync<ModelDownloadException>(store.GetAsync(Url))).Message.ShouldContain("MODEL_DIR to another disk");
    }

    [Fact]
    public async Task A_stream_without_end_is_refused()
    {
        _server.WithoutLength = true;
        using var store = new ModelStore(Options with { MaximumBytes = 100_000 });
        (await Should.ThrowAsync<ModelDownloadException>(store.GetAsync(Url))).Message.ShouldContain("more than 100000 bytes");
        LeftOvers().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_cancelled_download_is_continued_by_the_next()
    {
        await CancelAfterAsync(150_000);

        ShouldHaveContent(await GetAsync(Url));
        From(_server.Requests.Last()).ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Two_stores_that_want_one_model_download_it_once()
    {
        var gate = new TaskCompletionSource();
        _server.Gate = gate.Task;
        using var first = new ModelStore(Options);
        using var second = new ModelStore(Options);
        var waiting = new Signal(ModelDownloadStage.Waiting);

        var one = first.GetAsync(Url, waiting);
        var two = second.GetAsync(Url, waiting);
        await waiting.Seen.WaitAsync(TimeSpan.FromSeconds(20));
        gate.SetResult();

        ShouldHaveContent(await one);
        ShouldHaveContent(await two);
        _server.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Another_process_holds_the_lock_and_its_death_releases_it()
    {
        var path = PathOf(Url);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var start = new ProcessStartInfo("flock",
            ["--exclusive", Path.Combine(Path.GetDirectoryName(path)!, ".some-model.bin.lock"), "sh", "-c", "echo held; exec sleep 60"])
        {
            RedirectStandardOutput = true,
        };
        using var holder = Process.Start(start)!;
        (await holder.StandardOutput.ReadLineAsync()).ShouldBe("held");
        using var store = new ModelStore(Options);
        var waiting = new Signal(ModelDownloadStage.Waiting);

        var download = store.GetAsync(Url, waiting);
        await waiting.Seen.WaitAsync(TimeSpan.FromSeconds(20));
        _server.Requests.ShouldBeEmpty();
        holder.Kill(entireProcessTree: true);

        ShouldHaveContent(await download);
    }

    [Fact]
    public async Task Waiting_for_another_process_can_be_cancelled()
    {
        var never = new TaskCompletionSource();
        _server.Gate = never.Task;
        using var store = new ModelStore(Options);
        using var cancellation = new CancellationTokenSource();
        var downloading = new Signal(ModelDownloadStage.Downloading);
        var waiting = new Signal(ModelDownloadStage.Waiting);

        var holder = store.GetAsync(Url, downloading, cancellation.Token);
        await downloading.Seen.WaitAsync(TimeSpan.FromSeconds(20));
        var waiter = store.GetAsync(Url, waiting, cancellation.Token);
        await waiting.Seen.WaitAsync(TimeSpan.FromSeconds(20));
        await cancellation.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(holder);
        await Should.ThrowAsync<OperationCanceledException>(waiter);
        never.SetResult();
    }

    [Fact]
    public async Task Offline_nothing_is_fetched_and_the_error_says_where_it_looked()
    {
        using var store = new ModelStore(Options with { Offline = true });

        var error = await Should.ThrowAsync<FileNotFoundException>(store.GetAsync("tiny"));
        error.Message.ShouldContain(_folder.File("ggml-tiny.bin"));
        error.Message.ShouldContain("MODEL_OFFLINE");
        await Should.ThrowAsync<FileNotFoundException>(store.GetAsync(Url));
        _server.Requests.ShouldBeEmpty();

        await File.WriteAllTextAsync(_folder.File("ggml-tiny.bin"), "there");
        (await store.GetAsync("tiny")).Path.ShouldBe(_folder.File("ggml-tiny.bin"));
    }

    [Theory]
    [InlineData("/../../../../etc/passwd")]
    [InlineData("/..%2f..%2f..%2fetc%2fpasswd")]
    [InlineData("/%2e%2e%5c..%5cevil.bin")]
    [InlineData("/.hidden")]
    [InlineData("/")]
    [InlineData("/a%0ab%09c.bin")]
    [InlineData("/ggml-tiny.bin")]
    public async Task A_url_cannot_name_a_file_outside_its_folder(string path)
    {
        var model = await GetAsync(_server.Url.GetLeftPart(UriPartial.Authority) + path);

        ShouldHaveContent(model);
        var folder = Path.GetDirectoryName(model.Path)!;
        Path.GetDirectoryName(folder).ShouldBe(_folder.Path);
        Path.GetFileName(folder).ShouldStartWith("url-");
        Path.GetFullPath(model.Path).ShouldBe(model.Path);
        Path.GetFileName(model.Path).ShouldNotStartWith(".");
        Path.GetFileName(model.Path).ShouldAllBe(c => char.IsAsciiLetterOrDigit(c) || c == '.' || c == '-' || c == '_');
    }

    [Fact]
    public async Task Credentials_in_a_url_stay_out_of_messages()
    {
        _server.Failures.Enqueue(HttpStatusCode.Forbidden);
        var url = $"http://user:secret@{_server.Url.Authority}/model.bin?signature=secret";
        (await Should.ThrowAsync<ModelDownloadException>(GetAsync(url))).Message.ShouldNotContain("secret");
    }

    [Fact]
    public async Task A_folder_that_cannot_be_made_is_told()
    {
        await File.WriteAllTextAsync(_folder.File("file"), "");
        using var store = new ModelStore(Options with { ModelFolder = _folder.File("file") });
        (await Should.ThrowAsync<ModelDownloadException>(store.GetAsync(Url))).Message.ShouldContain("Set MODEL_DIR");
    }

    [Fact]
    public async Task Verification_tells_good_from_damaged_and_from_unknown()
    {
        var model = await GetAsync(Url);
        await File.WriteAllTextAsync(_folder.File("mine.bin"), "mine");
        await File.WriteAllTextAsync(_folder.File("ggml-tiny.bin"), "cut off");
        using var store = new ModelStore(Options);

        (await VerdictsAsync(store)).ShouldBe([ModelVerdict.Damaged, ModelVerdict.NothingKnown, ModelVerdict.Good]);

        await File.AppendAllTextAsync(model.Path, "x");
        (await VerdictsAsync(store)).ShouldBe([ModelVerdict.Damaged, ModelVerdict.NothingKnown, ModelVerdict.Damaged]);
    }

    private static async Task<ModelVerdict[]> VerdictsAsync(ModelStore store)
    {
        var verdicts = new List<ModelVerdict>();
        foreach (var model in store.List().Where(model => model.Place == ModelPlace.ModelFolder))
            verdicts.Add((await ModelStore.VerifyAsync(model)).Verdict);
        return [.. verdicts];
    }

    private static long From(string range) =>
        long.Parse(range["bytes=".Length..].TrimEnd('-'), System.Globalization.CultureInfo.InvariantCulture);

    private async Task<WhisperModelFile> GetAsync(string name)
    {
        using var store = new ModelStore(Options);
        return await store.GetAsync(name, new Synchronous(_progress.Add));
    }

    /// <summary>Leaves a part of at least so many bytes.</summary>
    private async Task CancelAfterAsync(int bytes)
    {
        using var cancellation = new CancellationTokenSource();
        using var store = new ModelStore(Options);
        _server.Cuts.Enqueue(bytes);
        var progress = new Synchronous(progress =>
        {
            if (progress.Stage == ModelDownloadStage.Retrying)
                cancellation.Cancel();
        });
        await Should.ThrowAsync<OperationCanceledException>(store.GetAsync(Url, progress, cancellation.Token));
        new FileInfo(PathOf(Url) + ".part").Length.ShouldBeInRange(1, bytes);
    }

    private string PathOf(string url) => Path.Combine(_folder.Path, ModelUrl.RelativePath(new Uri(url)));

    private void ShouldHaveContent(WhisperModelFile model) =>
        File.ReadAllBytes(model.Path).AsSpan().SequenceEqual(_server.Content).ShouldBeTrue();

    private string[] LeftOvers() =>
        [.. Directory.EnumerateFiles(_folder.Path, "*", SearchOption.AllDirectories).Select(path => Path.GetFileName(path))
            .Where(name => name.Contains(".part", StringComparison.Ordinal) || name.EndsWith(".tmp", StringComparison.Ordinal))];

    private sealed class Synchronous(Action<ModelDownloadProgress> report) : IProgress<ModelDownloadProgress>
    {
        public void Report(ModelDownloadProgress value) => report(value);
    }

    private sealed class Signal(ModelDownloadStage stage) : IProgress<ModelDownloadProgress>
    {
        private readonly TaskCompletionSource _seen = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Seen => _seen.Task;

        public void Report(ModelDownloadProgress value)
        {
            if (value.Stage == stage)
                _seen.TrySetResult();
        }
    }
}
