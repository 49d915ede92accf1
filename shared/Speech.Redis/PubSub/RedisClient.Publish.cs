namespace Speech.Redis;

public sealed partial class RedisClient
{
    /// <summary>PUBLISH; the number of subscribers it reached.</summary>
    public Task<long> PublishAsync(RedisArgument channel, RedisArgument message, CancellationToken cancellationToken = default) =>
        SendAsync(["PUBLISH", channel, message], Replies.Integer, cancellationToken);
}
