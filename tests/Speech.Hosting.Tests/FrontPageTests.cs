using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Speech.Hosting.Health;

namespace Speech.Hosting.Tests;

public sealed class FrontPageTests : IAsyncLifetime, IDisposable
{
    private readonly HttpClient _http = new();
    private WebApplication? _app;

    public async Task InitializeAsync()
    {
        _app = SpeechHost.CreateBuilder(["--PORT", "0", "--LOG_LEVEL", "error"], "gateway", defaultPort: 0).Build();
        _app.MapFrontPage(("/ws", "audio in, results out"));
        _app.MapHealth();
        _app.MapReading("/ws", context =>
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            context.Response.ContentType = "text/plain";
            return context.Response.WriteAsync("its own words");
        });
        await _app.StartAsync();
        _http.BaseAddress = new Uri(_app.Urls.First());
    }

    public async Task DisposeAsync() => await _app!.DisposeAsync();

    public void Dispose() => _http.Dispose();

    [Fact]
    public async Task The_root_says_what_this_is_and_where_to_go()
    {
        var page = await _http.GetStringAsync("/");
        page.ShouldStartWith("Speech ");
        page.ShouldContain(": gateway\n");
        page.ShouldContain("/ws              audio in, results out\n");
        page.ShouldContain("/health ");
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/health")]
    public async Task Head_is_get_without_a_body(string path)
    {
        using var response = await _http.SendAsync(new HttpRequestMessage(HttpMethod.Head, path));
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await response.Content.ReadAsStringAsync()).ShouldBe("");
    }

    [Fact]
    public async Task A_path_that_is_not_there_is_told_in_json()
    {
        using var response = await _http.GetAsync("/nothing/here.html");
        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        JsonNode.Parse(await response.Content.ReadAsStringAsync())!["code"]!.GetValue<string>().ShouldBe("not_found");
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/json");
    }

    [Fact]
    public async Task A_method_that_is_not_known_is_told_in_json_with_those_that_are()
    {
        using var response = await _http.PostAsync("/health", null);
        response.StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed);
        response.Content.Headers.Allow.ShouldBe(["GET", "HEAD"], ignoreOrder: true);
        JsonNode.Parse(await response.Content.ReadAsStringAsync())!["code"]!.GetValue<string>().ShouldBe("method_not_allowed");
    }

    [Fact]
    public async Task What_a_path_says_itself_stays() =>
        (await (await _http.GetAsync("/ws")).Content.ReadAsStringAsync()).ShouldBe("its own words");
}
