using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Speech.Testing;

/// <summary>An HTTP server on this machine with one file at every address, and every vice that the downloader has to cope with.</summary>
public sealed class FileServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private FileServer(WebApplication app) => _app = app;

    public byte[] Content { get; set; } = RandomNumberGenerator.GetBytes(300_000);

    public string Sha256 => Convert.ToHexStringLower(SHA256.HashData(Content));

    public string? EntityTag { get; set; } = "\"one\"";

    public bool HonoursRange { get; set; } = true;

    /// <summary>In a redirect to the content, as Hugging Face does.</summary>
    public string? StatedSha256 { get; set; }

    /// <summary>Instead of the true one.</summary>
    public long? ContentLength { get; set; }

    public bool WithoutLength { get; set; }

    /// <summary>After so many bytes of each of the next answers, the connection ends.</summary>
    public ConcurrentQueue<int> Cuts { get; } = new();

    /// <summary>Answered before anything else.</summary>
    public ConcurrentQueue<HttpStatusCode> Failures { get; } = new();

    /// <summary>The Range header, or "", of every request for content.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>Awaited before the content is sent.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    public Uri Url { get; private set; } = new("http://localhost");

    public static async Task<FileServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var server = new FileServer(app);
        app.Run(server.AnswerAsync);
        await app.StartAsync();
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        server.Url = new Uri(address + "/files");
        return server;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        if (StatedSha256 is { } stated && !request.Path.StartsWithSegments("/content"))
        {
            response.StatusCode = StatusCodes.Status302Found;
            response.Headers["X-Linked-ETag"] = $"\"{stated}\"";
            response.Headers.Location = "/content" + request.Path;
            return;
        }

        Requests.Enqueue(request.Headers.Range.ToString());
        if (Failures.TryDequeue(out var failure))
        {
            response.StatusCode = (int)failure;
            return;
        }

        if (EntityTag is not null)
            response.Headers.ETag = EntityTag;
        var from = 0;
        var same = request.Headers.IfRange.Count == 0 || request.Headers.IfRange == EntityTag;
        if (HonoursRange && same && request.GetTypedHeaders().Range?.Ranges.Single().From is { } start)
        {
            from = (int)start;
            response.StatusCode = from < Content.Length ? StatusCodes.Status206PartialContent : StatusCodes.Status416RangeNotSatisfiable;
            response.Headers.ContentRange = from < Content.Length
                ? $"bytes {from}-{Content.Length - 1}/{Content.Length}" : $"bytes */{Content.Length}";
            if (from >= Content.Length)
                return;
        }

        if (!WithoutLength)
            response.ContentLength = ContentLength ?? Content.Length - from;
        await response.Body.FlushAsync(context.RequestAborted);
        await Gate.WaitAsync(context.RequestAborted);
        var end = Cuts.TryDequeue(out var cut) ? Math.Min(from + cut, Content.Length) : Content.Length;
        await response.Body.WriteAsync(Content.AsMemory(from, end - from), context.RequestAborted);
        // Fewer bytes than announced: Kestrel closes the connection.
    }
}
