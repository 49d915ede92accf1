namespace Speech.Delivery;

/// <summary>The names of what lies in one shard (see <see cref="StreamShards"/>).</summary>
/// <param name="Tag">Its hash tag, such as "{2}"; empty when there is only one shard.</param>
public sealed record RedisShard(string Tag)
{
    public static RedisShard Whole { get; } = new("");

    /// <summary>This shard's part of a stream: audio_jobs:{2}.</summary>
    public string Stream(string name) => Tag.Length == 0 ? name : $"{name}:{Tag}";

    /// <inheritdoc cref="RedisKeys.Session"/>
    public string Session(string clientId) => RedisKeys.Session(Own(clientId));

    /// <inheritdoc cref="RedisKeys.History"/>
    public string History(string clientId) => RedisKeys.History(Own(clientId));

    private string Own(string clientId) => Tag.Length == 0 ? clientId : $"{Tag}:{clientId}";
}
