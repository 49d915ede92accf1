namespace Speech.EndToEnd.Tests.Support;

/// <summary>One fleet for all tests that leave it as they found it.</summary>
public sealed class SharedFleet : IAsyncLifetime
{
    internal TestFleet Fleet { get; private set; } = null!;

    internal Uri Gateway => Fleet.Report.GatewayUrl(0);

    public async Task InitializeAsync() => Fleet = await TestFleet.StartAsync("shared");

    public Task DisposeAsync() => Fleet.DisposeAsync().AsTask();
}

[CollectionDefinition(Name)]
public sealed class UsesSharedFleet : ICollectionFixture<SharedFleet>
{
    public const string Name = "shared fleet";
}
