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

namespace Speech.Catalog.Tests;

/// <summary>
/// A hub on this machine, as Hugging Face is one: small files are answered, large ones redirected to a second server (another port) with
/// their SHA-256 stated. Files are known by their whole path.
/// </summary>
internal sealed class HubServer : IAsyncDisposable
{
    private const int Large = 10_000;

    private readonly List<WebApplication> _apps = [];

    public Dictionary<string, byte[]> Files { get; } = [];

    /// <summary>Stated instead of the true one.</summary>
    public string? StatedSha256 { get; set; }

    /// <summary>Without it, 401.</summary>
    public string? RequiredToken { get; set; }

    /// <summary>After so many bytes of each of the next large answers, the connection ends.</summary>
    public ConcurrentQueue<int> Cuts { get; } = new();

    /// <summary>Path and Authorization header of every request to the hub, and to the second server.</summary>
    public ConcurrentQueue<(string Path, string Authorization)> HubRequests { get; } = new();

    public ConcurrentQueue<(string Path, string Authorization)> ContentRequests { get; } = new();

    public Uri Url { get; private set; } = new("http://localhost");

    private Uri ContentUrl { get; set; } = new("http://localhost");

    /// <summary>Names of the files asked of the hub, in order.</summary>
    public IEnumerable<string> Asked => HubRequests.Select(request => Path.GetFileName(request.Path));

    public static async Task<HubServer> StartAsync()
    {
        var server = new HubServer();
        server.Url = await server.ListenAsync(server.AnswerAsync);
        server.ContentUrl = await server.ListenAsync(server.SendContentAsync);
        return server;
    }

    public void Add(string folder, string file, byte[] content) => Files[$"/{folder}/{file}"] = content;

    public async ValueTask DisposeAsync()
    {
        foreach (var app in _apps)
            await app.DisposeAsync();
    }

    private async Task<Uri> ListenAsync(RequestDelegate answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        _apps.Add(app);
        app.Run(answer);
        await app.StartAsync();
        return new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var (path, authorization) = (context.Request.Path.Value!, context.Request.Headers.Authorization.ToString());
        HubRequests.Enqueue((path, authorization));
        if (RequiredToken is not null && authorization != $"Bearer {RequiredToken}")
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        }
        else if (!Files.TryGetValue(path, out var content))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
        }
        else if (content.Length >= Large)
        {
            context.Response.StatusCode = StatusCodes.Status302Found;
            context.Response.Headers["X-Linked-ETag"] = $"\"{StatedSha256 ?? Convert.ToHexStringLower(SHA256.HashData(content))}\"";
            context.Response.Headers.Location = new Uri(ContentUrl, path).AbsoluteUri;
        }
        else
        {
            context.Response.ContentLength = content.Length;
            await context.Response.Body.WriteAsync(content, context.RequestAborted);
        }
    }

    private async Task SendContentAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        ContentRequests.Enqueue((path, context.Request.Headers.Authorization.ToString()));
        var content = Files[path];
        var from = (int)(context.Request.GetTypedHeaders().Range?.Ranges.Single().From ?? 0);
        context.Response.Headers.ETag = "\"one\"";
        if (from > 0)
        {
            context.Response.StatusCode = StatusCodes.Status206PartialContent;
            context.Response.Headers.ContentRange = $"bytes {from}-{content.Length - 1}/{content.Length}";
        }

        context.Response.ContentLength = content.Length - from;
        var end = Cuts.TryDequeue(out var cut) ? Math.Min(from + cut, content.Length) : content.Length;
        await context.Response.Body.WriteAsync(content.AsMemory(from, end - from), context.RequestAborted);
    }
}
