using System.Buffers;
using System.Net;
using System.Net.Http.Headers;

namespace Speech.Catalog;

/// <param name="Path">Of the file to make.</param>
/// <param name="Bytes">Its size, if known beforehand.</param>
/// <param name="Sha256">Lower-case hexadecimal, if known beforehand.</param>
internal sealed record ModelSource(Uri Url, string Path, long? Bytes, string? Sha256)
{
    /// <summary>Sent to the server of <see cref="Url"/> and no other; null: none.</summary>
    public HubToken? Token { get; init; }

    public string FileName => System.IO.Path.GetFileName(Path);

    public string Folder => System.IO.Path.GetDirectoryName(Path)!;
}

/// <summary>
/// Fetches one model file. It grows as <c>.part</c> and gets its name only when it is whole, verified and on the disk. What a cut
/// connection, a crash or a cancellation leaves is continued from where it ends (Range), provided that the server still has the same file
/// (If-Range); otherwise from the beginning. Failures that may pass are tried again after a growing, jittered pause.
/// <para>
/// Redirects are followed here and not by <see cref="HttpClient"/>, because Hugging Face states the SHA-256 of a file (X-Linked-ETag) in
/// the redirect to its content network. A plain ETag is never taken for a checksum: what it means is the server's business.
/// </para>
/// </summary>
internal sealed class ModelDownloader(HttpClient http, ModelStoreOptions options, TimeProvider time)
{
    private const int BufferSize = 1 << 17;
    private const int MaximumRedirects = 10;
    private const long BytesThatCountAsProgress = 1 << 20;

    private static readonly TimeSpan LongestRetryDelay = TimeSpan.FromSeconds(30);

    /// <exception cref="ModelDownloadException">The file cannot be had; what is wrong for good is removed, what may be continued
    /// stays.</exception>
    public async Task DownloadAsync(ModelSource source, IProgress<ModelDownloadProgress>? progress, CancellationToken cancellationToken)
    {
        using var partial = new PartialDownload(source.Path);
        var report = new Reporter(source.FileName, progress) { TotalBytes = source.Bytes };
        try
        {
            await partial.ReadExistingAsync(bytes => report.At(ModelDownloadStage.Resuming, bytes), cancellationToken);
            await DownloadAsync(source, partial, report, cancellationToken);
        }
        catch (IOException e) when (IsDiskFull(e))
        {
            throw new ModelDownloadException(
                $"The disk of {source.Folder} is full: {source.FileName} could not be stored. What is there is kept and will be continued.",
                e);
        }
        finally
        {
            if (partial.Length == 0)
                partial.Remove();
        }
    }

    private async Task DownloadAsync(ModelSource source, PartialDownload partial, Reporter report, CancellationToken cancellationToken)
    {
        var furthest = partial.Length;
        var startedOver = false;
        for (var failures = 0; ;)
        {
            try
            {
                var stated = await ContinueAsync(source, partial, report, cancellationToken);
                var expected = source.Sha256 ?? stated;
                var sha256 = partial.CurrentSha256();
                if ((expected ?? sha256) == sha256 && (source.Bytes ?? partial.Length) == partial.Length)
                {
                    await RecordedChecksum.WriteAsync(source.Path, sha256, cancellationToken);
                    partial.Publish(source.Path);
                    report.At(ModelDownloadStage.Done, partial.Length);
                    return;
                }

                if (startedOver || !partial.WasResumed)
                {
                    partial.Remove();
                    throw new ModelDownloadException(
                        $"What {ModelUrl.Display(source.Url)} sent is not {source.FileName}: SHA-256 {sha256}, {partial.Length} bytes; expected " +
                        $"{expected}{(source.Bytes is { } bytes ? $", {bytes} bytes" : "")}. It was removed. Check MODEL_BASE_URL, or try again later.");
                }

                startedOver = true;
                await partial.StartOverAsync(entityTag: null, cancellationToken);
                report.At(ModelDownloadStage.Retrying, 0, "the pieces do not fit together");
            }
            catch (AttemptFailedException e)
            {
                if (partial.Length >= furthest + BytesThatCountAsProgress)
                    (furthest, failures) = (partial.Length, 0);
                if (++failures >= options.MaximumAttempts || e.IsHopeless)
                {
                    throw new ModelDownloadException(
                        $"{source.FileName} could not be downloaded from {ModelUrl.Display(source.Url)}: {e.Message} ({failures} attempts in a row). " +
                        $"Is the network up? A mirror is set with MODEL_BASE_URL; a file fetched otherwise can be put into {source.Folder}.", e);
                }

                report.At(ModelDownloadStage.Retrying, partial.Length, e.Message);
                await Task.Delay(RetryDelay(failures, e.RetryAfter), time, cancellationToken);
            }
        }
    }

    /// <summary>One request; returns when the file is whole.</summary>
    /// <returns>The SHA-256 that the server states, if any.</returns>
    private async Task<string?> ContinueAsync(
        ModelSource source, PartialDownload partial, Reporter report, CancellationToken cancellationToken)
    {
        // Without a tag to compare and a checksum to find out later, a continuation could be of another file.
        if (partial.Length > 0 && partial.EntityTag is null && source.Sha256 is null)
            await partial.StartOverAsync(entityTag: null, cancellationToken);

        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var (response, stated) = await SendAsync(source, partial, silence, cancellationToken);
        using (response)
        {
            var total = await BeginAsync(source, partial, response, cancellationToken);
            report.TotalBytes = total ?? source.Bytes;
            RequireRoom(source, partial, total);
            report.At(ModelDownloadStage.Downloading, partial.Length);
            if (partial.Length != total)
                await CopyAsync(source, partial, response, total, report, silence, cancellationToken);
            return stated;
        }
    }

    private async Task<(HttpResponseMessage Response, string? StatedSha256)> SendAsync(
        ModelSource source, PartialDownload partial, CancellationTokenSource silence, CancellationToken cancellationToken)
    {
        var url = source.Url;
        string? stated = null;
        for (var redirects = 0; redirects <= MaximumRedirects; redirects++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, url);
            request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity"));
            request.Headers.Authorization = source.Token?.HeaderFor(source.Url, url);
            if (partial.Length > 0)
            {
                request.Headers.Range = new RangeHeaderValue(partial.Length, null);
                if (EntityTagHeaderValue.TryParse(partial.EntityTag, out var tag))
                    request.Headers.IfRange = new RangeConditionHeaderValue(tag);
            }

            var response = await FromServerAsync(
                token => http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, token), silence, cancellationToken);
            stated ??= StatedSha256(response);
            if (response.StatusCode is not (HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther
                or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect))
            {
                return (response, stated);
            }

            using (response)
                url = Redirect(url, response.Headers.Location);
        }

        throw new ModelDownloadException($"{ModelUrl.Display(source.Url)} redirects more than {MaximumRedirects} times.");
    }

    private static Uri Redirect(Uri from, Uri? location)
    {
        if (location is null)
            throw new ModelDownloadException($"{ModelUrl.Display(from)} redirects to nowhere.");
        var to = new Uri(from, location);
        var secure = to.Scheme == Uri.UriSchemeHttps || (to.Scheme == Uri.UriSchemeHttp && from.Scheme == Uri.UriSchemeHttp);
        return secure ? to : throw new ModelDownloadException($"{ModelUrl.Display(from)} redirects to {to.Scheme}:, which is not safe.");
    }

    /// <summary>Makes the partial file fit what the response will bring.</summary>
    /// <returns>The whole file's size; null if the server doesn't say.</returns>
    private static async Task<long?> BeginAsync(
        ModelSource source, PartialDownload partial, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var range = response.Content.Headers.ContentRange;
        switch (response.StatusCode)
        {
            case HttpStatusCode.OK:
                await partial.StartOverAsync(response.Headers.ETag is { IsWeak: false } tag ? tag.ToString() : null, cancellationToken);
                return response.Content.Headers.ContentLength;

            case HttpStatusCode.PartialContent when partial.Length > 0 && range?.From == partial.Length:
                partial.WasResumed = true;
                return range.Length;

            case HttpStatusCode.RequestedRangeNotSatisfiable when partial.Length > 0 && range?.Length == partial.Length:
                return partial.Length;

            case HttpStatusCode.PartialContent or HttpStatusCode.RequestedRangeNotSatisfiable:
                await partial.StartOverAsync(entityTag: null, cancellationToken);
                throw new AttemptFailedException("The server's file is another one now.");

            case HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError:
                throw new AttemptFailedException(
                    $"The server answered {Status(response)}.")
                { RetryAfter = response.Headers.RetryAfter?.Delta };

            case HttpStatusCode.NotFound:
                throw new ModelDownloadException(
                    $"There is no {ModelUrl.Display(source.Url)} (404 Not Found). Check the name and MODEL_BASE_URL.")
                { IsMissing = true };

            case HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden when source.Token is not null:
                throw new ModelDownloadException(
                    $"{ModelUrl.Display(source.Url)} cannot be downloaded: the server answered {Status(response)}. Is HF_TOKEN still valid, and has its owner access to this model?");

            default:
                throw new ModelDownloadException(
                    $"{ModelUrl.Display(source.Url)} cannot be downloaded: the server answered {Status(response)}.");
        }
    }

    private void RequireRoom(ModelSource source, PartialDownload partial, long? total)
    {
        if (total is null)
            return;
        if (source.Bytes is { } bytes && total != bytes)
        {
            throw new ModelDownloadException(
                $"{ModelUrl.Display(source.Url)} has {total} bytes, but {source.FileName} has {bytes}: it is another file. Check MODEL_BASE_URL.");
        }

        if (total > options.MaximumBytes)
            throw TooLarge(source, $"says that it has {total} bytes");

        var missing = total - partial.Length;
        var free = new DriveInfo(source.Folder).AvailableFreeSpace;
        if (missing > free)
        {
            throw new ModelDownloadException(
                $"{source.FileName} needs {missing} bytes more, but the disk of {source.Folder} has only {free} free. " +
                "Make room, or set MODEL_DIR to another disk.");
        }
    }

    private async Task CopyAsync(
        ModelSource source,
        PartialDownload partial,
        HttpResponseMessage response,
        long? total,
        Reporter report,
        CancellationTokenSource silence,
        CancellationToken cancellationToken)
    {
        var limit = total ?? source.Bytes ?? options.MaximumBytes;
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            await using var body = await FromServerAsync(token => response.Content.ReadAsStreamAsync(token), silence, cancellationToken);
            while (await FromServerAsync(token => body.ReadAsync(buffer, token).AsTask(), silence, cancellationToken) is > 0 and var read)
            {
                if (partial.Length + read > limit)
                {
                    partial.Remove();
                    throw TooLarge(source, $"sends more than {limit} bytes");
                }

                await partial.AppendAsync(buffer.AsMemory(0, read), cancellationToken);
                report.At(ModelDownloadStage.Downloading, partial.Length);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        if (total is not null && partial.Length < total)
            throw new AttemptFailedException($"The connection ended after {partial.Length} of {total} bytes.");
    }

    /// <summary>
    /// Waits for the server, but not for ever; what goes wrong on the way becomes an <see cref="AttemptFailedException"/>.
    /// </summary>
    private async Task<T> FromServerAsync<T>(
        Func<CancellationToken, Task<T>> work, CancellationTokenSource silence, CancellationToken cancellationToken)
    {
        try
        {
            silence.CancelAfter(options.SilenceTimeout);
            var result = await work(silence.Token);
            silence.CancelAfter(Timeout.InfiniteTimeSpan);
            return result;
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new AttemptFailedException($"The server was silent for {options.SilenceTimeout.TotalSeconds:0.#} s.", e);
        }
        catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.SecureConnectionError)
        {
            throw new AttemptFailedException($"No secure connection: {e.InnerException?.Message ?? e.Message}", e) { IsHopeless = true };
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new AttemptFailedException(e.Message, e);
        }
    }

    private static ModelDownloadException TooLarge(ModelSource source, string what) =>
        new($"{ModelUrl.Display(source.Url)} {what}: no {source.FileName} is that large. Nothing was kept.");

    private static string Status(HttpResponseMessage response) => $"{(int)response.StatusCode} {response.ReasonPhrase}".TrimEnd();

    private static string? StatedSha256(HttpResponseMessage response) =>
        response.Headers.TryGetValues("X-Linked-ETag", out var values)
        && values.FirstOrDefault()?.Trim('"') is { } tag && RecordedChecksum.IsSha256(tag)
            ? tag.ToLowerInvariant()
            : null;

    private TimeSpan RetryDelay(int failures, TimeSpan? retryAfter)
    {
        var delay = options.FirstRetryDelay * Math.Pow(2, failures - 1) * (0.5 + 0.5 * Random.Shared.NextDouble());
        if (retryAfter > delay)
            delay = retryAfter.Value;
        return delay < LongestRetryDelay ? delay : LongestRetryDelay;
    }

    /// <summary>ENOSPC or EDQUOT of Linux, or Windows' ERROR_DISK_FULL.</summary>
    private static bool IsDiskFull(IOException e) => e.HResult is 28 or 122 or unchecked((int)0x80070070);

    private sealed class AttemptFailedException(string message, Exception? inner = null) : Exception(message, inner)
    {
        /// <summary>What the server asks for.</summary>
        public TimeSpan? RetryAfter { get; init; }

        public bool IsHopeless { get; init; }
    }

    private sealed class Reporter(string fileName, IProgress<ModelDownloadProgress>? progress)
    {
        public long? TotalBytes { get; set; }

        public void At(ModelDownloadStage stage, long bytes, string? detail = null) =>
            progress?.Report(new ModelDownloadProgress(fileName, stage, bytes, TotalBytes, detail));
    }
}
