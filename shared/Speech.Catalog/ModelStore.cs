using System.Security.Cryptography;
using Speech.Tensors.Files;

namespace Speech.Catalog;

/// <summary>
/// Model files by name, path or URL: in MODEL_DIR, among the built-in ones, or downloaded into MODEL_DIR, once, whoever else asks for them
/// at the same time. Whisper models are files, translation models folders. What workers and command line use.
/// </summary>
public sealed class ModelStore : IDisposable
{
    private readonly ModelStoreOptions _options;
    private readonly TimeProvider _time;
    private readonly HttpClient _http;
    private readonly ModelDownloader _downloader;
    private readonly TranslationFolders _translation;

    /// <param name="options">Default: those of the environment.</param>
    public ModelStore(ModelStoreOptions? options = null, TimeProvider? time = null)
    {
        _options = options ?? ModelStoreOptions.FromEnvironment();
        _time = time ?? TimeProvider.System;
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, ConnectTimeout = TimeSpan.FromSeconds(15) })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _http.DefaultRequestHeaders.UserAgent.ParseAdd("Speech/1.0");
        _downloader = new ModelDownloader(_http, _options, _time);
        _translation = new TranslationFolders(_options, _downloader, _time);
    }

    /// <summary>Where named models are looked for, in this order.</summary>
    public IReadOnlyList<string> Folders =>
        _options.BuiltInFolder is { } builtIn ? [_options.ModelFolder, builtIn] : [_options.ModelFolder];

    /// <summary>The file of a model; downloads it if it is not here.</summary>
    /// <param name="nameOrPathOrUrl">A catalogue name, the path of a ggml file, or an http(s) URL of one.</param>
    /// <param name="progress">Reported to from within the download, often; be quick.</param>
    /// <exception cref="FileNotFoundException">It is not here and cannot be downloaded: there is no such model, or downloads are
    /// off.</exception>
    /// <exception cref="ModelDownloadException">The download failed.</exception>
    public async Task<WhisperModelFile> GetAsync(
        string nameOrPathOrUrl, IProgress<ModelDownloadProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(nameOrPathOrUrl);
        if (Find(nameOrPathOrUrl) is { } found)
            return found;

        var source = Source(nameOrPathOrUrl);
        RequireDownloads(nameOrPathOrUrl, $"{source.Path}{Elsewhere(source)}");
        await DownloadOnceAsync(source, progress, cancellationToken);
        return new WhisperModelFile(
            source.Path, Entry(nameOrPathOrUrl)?.TrainedForShortContext ?? false, WhisperCatalog.TakesPrompts(nameOrPathOrUrl));
    }

    /// <summary>The file of a model if it is here, else null.</summary>
    /// <exception cref="FileNotFoundException">There can be no such model: it is neither a name nor a file nor a URL.</exception>
    public WhisperModelFile? Find(string nameOrPathOrUrl)
    {
        if (Entry(nameOrPathOrUrl) is { } named)
            return PathOf(named) is { } path ? new WhisperModelFile(path, named.TrainedForShortContext, named.TakesPrompts) : null;
        if (!ModelUrl.TryParse(nameOrPathOrUrl, out var url))
            return WhisperCatalog.FindPath(nameOrPathOrUrl);

        var downloaded = Path.Combine(_options.ModelFolder, ModelUrl.RelativePath(url));
        return File.Exists(downloaded) ? new WhisperModelFile(downloaded, TrainedForShortContext: false) : null;
    }

    /// <summary>The folder of a translation model; downloads what is missing of it.</summary>
    /// <param name="nameOrFolder">A name of <see cref="TranslationCatalog"/>, or the path of a folder.</param>
    /// <param name="progress">Reported to from within the download, often; be quick.</param>
    /// <exception cref="FileNotFoundException">It is not here and cannot be downloaded: there is no such model, or downloads are
    /// off.</exception>
    /// <exception cref="ModelDownloadException">The download failed.</exception>
    public async Task<string> GetTranslationAsync(
        string nameOrFolder, IProgress<ModelDownloadProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(nameOrFolder);
        if (FindTranslation(nameOrFolder) is { } found)
            return found;

        var entry = TranslationCatalog.Entry(nameOrFolder)!;
        var folder = Path.Combine(_options.ModelFolder, entry.Name);
        if (entry.IsBuiltIn)
            throw NotInstalled(entry.Name, "a whole folder of that name");
        RequireDownloads(entry.Name, $"{folder} with {string.Join(", ", entry.RequiredFiles)} and {WeightFile.FileNames[0]} or the like");
        await _translation.DownloadAsync(entry, folder, progress, cancellationToken);
        return folder;
    }

    /// <summary>The folder of a translation model if all of it is here, else null.</summary>
    /// <exception cref="FileNotFoundException">There can be no such model: it is neither a name nor a folder.</exception>
    public string? FindTranslation(string nameOrFolder)
    {
        if (TranslationCatalog.Entry(nameOrFolder) is { } entry)
            return FolderOf(entry);
        return Directory.Exists(nameOrFolder)
            ? Path.GetFullPath(nameOrFolder)
            : throw new FileNotFoundException(
                $"There is no translation model '{nameOrFolder}': it is neither a folder nor one of {string.Join(", ", TranslationCatalog.Entries.Select(known => known.Name))}.");
    }

    /// <summary>All catalogue models, and the other model files in MODEL_DIR.</summary>
    public IReadOnlyList<StoredModel> List()
    {
        var catalogued = WhisperCatalog.Entries.Select(entry => PathOf(entry) is { } path ? Stored(entry.Name, path) : NotHere(entry))
            .ToList();
        var known = catalogued.Select(model => model.Path).ToHashSet();
        var others = OtherFiles().Where(path => !known.Contains(path))
            .Select(path => Stored(Path.GetRelativePath(_options.ModelFolder, path), path));
        return [.. catalogued, .. TranslationCatalog.Entries.Select(Stored), .. others];
    }

    /// <summary>
    /// The files that a model that is here consists of, each as a model of its own (a folder's are named <c>folder/file</c>): what can be
    /// verified.
    /// </summary>
    public static IReadOnlyList<StoredModel> FilesOf(StoredModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (model is not { Kind: ModelKind.Translation, Path: { } folder })
            return [model];
        var entry = TranslationCatalog.Entry(model.Name);
        var names = (entry?.RequiredFiles ?? []).Concat(TranslationCatalogEntry.OptionalFiles).Concat(TranslationCatalog.WeightsOf(folder));
        return
        [
            .. from name in names
               let file = new FileInfo(Path.Combine(folder, name))
               where file.Exists
               select model with { Name = $"{model.Name}/{name}", Path = file.FullName, Bytes = file.Length },
        ];
    }

    /// <summary>Compares a model's file with the SHA-256 of the catalogue, or with what was recorded when it was downloaded.</summary>
    /// <param name="model">One that is here and is a file: see <see cref="FilesOf"/>.</param>
    public static async Task<ModelVerification> VerifyAsync(StoredModel model, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        var path = model.Path ?? throw new ArgumentException($"The model '{model.Name}' is not here.", nameof(model));
        await using var file = new FileStream(
            path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
        var sha256 = Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellationToken));
        var expected = CatalogueSha256(model) ?? RecordedChecksum.Read(path);
        var verdict = expected is null ? ModelVerdict.NothingKnown : expected == sha256 ? ModelVerdict.Good : ModelVerdict.Damaged;
        return new ModelVerification(model, verdict, sha256, expected);
    }

    public void Dispose() => _http.Dispose();

    private string? PathOf(WhisperCatalogEntry entry) => WhisperCatalog.PathOf(entry, Folders);

    private static WhisperCatalogEntry? Entry(string name) => WhisperCatalog.Entry(name);

    private static string? CatalogueSha256(StoredModel model) => model.Kind == ModelKind.Speech
        ? WhisperCatalog.Entry(model.Name)?.Sha256
        : TranslationCatalog.Entry(Path.GetDirectoryName(model.Name) ?? "")?.Sha256.GetValueOrDefault(Path.GetFileName(model.Name));

    private string? FolderOf(TranslationCatalogEntry entry) =>
        Folders.Select(folder => Path.Combine(folder, entry.Name)).FirstOrDefault(folder => TranslationCatalog.IsWhole(entry, folder));

    private ModelSource Source(string nameOrUrl)
    {
        if (ModelUrl.TryParse(nameOrUrl, out var url))
            return new ModelSource(url, Path.Combine(_options.ModelFolder, ModelUrl.RelativePath(url)), null, null);

        var entry = Entry(nameOrUrl)!;
        if (entry.IsBuiltIn)
            throw NotInstalled(nameOrUrl, entry.FileName);
        return new ModelSource(
            ModelUrl.Below(_options.BaseUrl, entry.FileName), Path.Combine(_options.ModelFolder, entry.FileName), entry.Bytes,
            entry.Sha256);
    }

    private void RequireDownloads(string model, string places)
    {
        if (_options.Offline)
        {
            throw new FileNotFoundException(
                $"The model '{model}' is not here (looked for {places}), and downloads are off (MODEL_OFFLINE, --offline). " +
                "Run `speech models pull` where there is a network, or put its files there.");
        }
    }

    private FileNotFoundException NotInstalled(string model, string what) => new(
        $"The model '{model}' comes with Speech, but {what} is in none of {string.Join(", ", Folders)}. Is the installation whole?");

    private string Elsewhere(ModelSource source) =>
        _options.BuiltInFolder is { } builtIn ? $" and {Path.Combine(builtIn, source.FileName)}" : "";

    private Task DownloadOnceAsync(ModelSource source, IProgress<ModelDownloadProgress>? progress, CancellationToken cancellationToken) =>
        ModelFileLock.WhileHeldAsync(
            Path.Combine(source.Folder, $".{source.FileName}.lock"),
            source.FileName,
            source.Bytes,
            progress,
            () => File.Exists(source.Path) ? Task.CompletedTask : _downloader.DownloadAsync(source, progress, cancellationToken),
            _time,
            cancellationToken);

    private StoredModel Stored(string name, string path) => new(name, PlaceOf(path), path, new FileInfo(path).Length);

    private StoredModel Stored(TranslationCatalogEntry entry)
    {
        if (FolderOf(entry) is not { } folder)
            return new(entry.Name, ModelPlace.NotHere, null, entry.Bytes, ModelKind.Translation);
        var bytes = TranslationCatalog.WeightsOf(folder).Sum(file => new FileInfo(Path.Combine(folder, file)).Length);
        return new(entry.Name, PlaceOf(folder), folder, bytes, ModelKind.Translation);
    }

    private ModelPlace PlaceOf(string path)
    {
        var below = Path.TrimEndingDirectorySeparator(_options.ModelFolder) + Path.DirectorySeparatorChar;
        return path.StartsWith(below, StringComparison.Ordinal) ? ModelPlace.ModelFolder : ModelPlace.BuiltIn;
    }

    private static StoredModel NotHere(WhisperCatalogEntry entry) => new(entry.Name, ModelPlace.NotHere, null, entry.Bytes);

    /// <summary>In MODEL_DIR and its folders of URLs: what is called .bin, and what has a recorded checksum.</summary>
    private IEnumerable<string> OtherFiles()
    {
        if (!Directory.Exists(_options.ModelFolder))
            return [];

        var folders = Directory.EnumerateDirectories(_options.ModelFolder, ModelUrl.FolderPrefix + "*").Prepend(_options.ModelFolder)
            .ToList();
        var recorded = folders
            .SelectMany(folder => Directory.EnumerateFiles(folder, "*" + RecordedChecksum.Extension))
            .Select(path => path[..^RecordedChecksum.Extension.Length]);
        return folders.SelectMany(folder => Directory.EnumerateFiles(folder, "*.bin")).Union(recorded.Where(File.Exists))
            .Order(StringComparer.Ordinal);
    }
}
