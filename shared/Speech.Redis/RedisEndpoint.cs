namespace Speech.Redis;

/// <summary>Where one server listens.</summary>
public sealed record RedisEndpoint(string Host, int Port)
{
    public override string ToString() => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}
