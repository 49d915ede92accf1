namespace Speech.Redis;

internal static class ServerLocator
{
    /// <summary>The server to which everything may be sent; in a cluster, some node, which will do for pub/sub.</summary>
    public static IServerLocator For(RedisOptions options) => options.Deployment switch
    {
        RedisDeployment.Sentinel => new SentinelLocator(options),
        RedisDeployment.Cluster => new ClusterLocator(options),
        _ => new FixedServer(new(options.Host, options.Port)),
    };
}
