using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Speech.Contracts.Server;
using Speech.Contracts.Sessions;

namespace Speech.Testing;

/// <summary>A server of speech.v1 on a real socket, whose every connection follows a script.</summary>
public sealed class FakeGateway : IAsyncDisposable
{
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(2);

    private readonly WebApplication _app;

    private FakeGateway(WebApplication app) => _app = app;

    public Uri Url { get; private init; } = null!;

    /// <summary>Where nobody listens.</summary>
    public static Uri UnusedUrl() => new($"ws://127.0.0.1:{RedisServer.FreePort()}/ws");

    public static async Task<FakeGateway> StartAsync(Func<FakeConnection, Task> script)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.WebHost.UseShutdownTimeout(StopLimit);
        var app = builder.Build();
        app.UseWebSockets();
        app.Map("/locked", () => Results.Unauthorized());
        app.Map("/ws", async (HttpContext context) =>
        {
            var query = context.Request.Query.Select(pair => KeyValuePair.Create(pair.Key, (string?)pair.Value.ToString()));
            if (!SessionParameters.TryParse(query, out var parameters, out var problem))
                throw new InvalidOperationException(problem);
            using var socket = await context.WebSockets.AcceptWebSocketAsync();
            try
            {
                await script(new FakeConnection(
                    socket, parameters, context.RequestAborted)
                { Authorization = context.Request.Headers.Authorization });
            }
            catch (Exception gone) when (gone is WebSocketException or OperationCanceledException)
            {
                // The client hung up in the middle of the script.
            }
        });
        await app.StartAsync();
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return new FakeGateway(app) { Url = new UriBuilder(address) { Scheme = "ws", Path = "/ws" }.Uri };
    }

    /// <summary>A server that answers each connection with one transcript as long as its audio.</summary>
    public static Task<FakeGateway> StartEchoAsync(string text = " one two") => StartAsync(async connection =>
    {
        await connection.SendReadyAsync();
        var audio = await connection.ReceiveUntilStopAsync();
        await connection.SendAsync(new SpeechStarted(0, 0));
        await connection.SendAsync(new Transcript(1, 0, 0, audio.Count * 0.02, text, "en", 0.9));
        await connection.SendAsync(new Done());
        await connection.CloseAsync(CloseCode.Normal, "");
    });

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}
