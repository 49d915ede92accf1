namespace Speech.Hosting.Health;

/// <summary>
/// A named part of <c>/health</c>; see
/// <see cref="HealthExtensions.AddHealth(Microsoft.Extensions.DependencyInjection.IServiceCollection, string, Func{IServiceProvider, HealthPart})"/>.
/// </summary>
internal sealed record HealthCheck(string Name, Func<CancellationToken, Task<HealthPart>> CheckAsync);
