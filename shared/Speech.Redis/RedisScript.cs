namespace Speech.Redis;

/// <summary>A Lua script for the server. A server that does not know it yet (restarted, flushed) is taught it on the way.</summary>
public sealed class RedisScript(string source)
{
    public string Source { get; } = source;
}
