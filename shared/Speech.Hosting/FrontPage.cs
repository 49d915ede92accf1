using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Speech.Hosting;

/// <summary>What a service says to those who do not know where to go.</summary>
public static class FrontPage
{
    private static readonly string[] Reading = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>
    /// <c>GET /</c>: what this is and which paths it has, as text. Paths that it has not, and methods that a path does not know, are
    /// answered with JSON: {"code", "message"}.
    /// </summary>
    /// <param name="app">Whose paths they are.</param>
    /// <param name="paths">Those that it has, and what is there, beside <c>/health</c> and <c>/metrics</c>.</param>
    public static void MapFrontPage(this WebApplication app, params (string Path, string What)[] paths)
    {
        var info = app.Services.GetRequiredService<ServiceInfo>();
        var text = new StringBuilder($"Speech {info.Version}: {info.Name}\n\n");
        foreach (var (path, what) in ((string, string)[])[.. paths, ("/health", "whether this service is well"),
            ("/metrics", "figures for Prometheus")])
            text.Append($"{path,-16} {what}\n");
        var page = text.ToString();

        app.Use(ExplainAsync);
        app.MapReading("/", context =>
        {
            context.Response.ContentType = "text/plain; charset=utf-8";
            return context.Response.WriteAsync(page, context.RequestAborted);
        });
    }

    /// <summary>Maps GET, and HEAD, which is the same without a body.</summary>
    public static IEndpointConventionBuilder MapReading(this IEndpointRouteBuilder app, string path, RequestDelegate handle) =>
        app.MapMethods(path, Reading, handle);

    private static async Task ExplainAsync(HttpContext context, RequestDelegate next)
    {
        await next(context);
        var response = context.Response;
        var (code, message) = response.StatusCode switch
        {
            StatusCodes.Status404NotFound => ("not_found", "there is nothing at this path; GET / lists what there is"),
            StatusCodes.Status405MethodNotAllowed =>
                ("method_not_allowed", "this path does not know that method; the header Allow lists those that it knows"),
            _ => default,
        };
        if (code is null || response.HasStarted || response.ContentType is not null)
            return;
        response.ContentType = "application/json";
        await response.WriteAsync(new JsonObject { ["code"] = code, ["message"] = message }.ToJsonString(), context.RequestAborted);
    }
}
