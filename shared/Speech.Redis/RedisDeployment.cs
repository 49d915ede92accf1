namespace Speech.Redis;

/// <summary>What a Redis URL leads to.</summary>
public enum RedisDeployment
{
    /// <summary>One server (redis://).</summary>
    Single,

    /// <summary>One master with replicas; sentinels say which of them is the master now (redis+sentinel://).</summary>
    Sentinel,

    /// <summary>A Redis Cluster: several masters, each with its part of the keys (redis+cluster://).</summary>
    Cluster,
}
