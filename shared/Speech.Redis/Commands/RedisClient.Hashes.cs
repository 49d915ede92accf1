namespace Speech.Redis;

public sealed partial class RedisClient
{
    /// <summary>HSET of one field; true when the field is new.</summary>
    public Task<bool> HashSetAsync(
        RedisArgument key, RedisArgument field, RedisArgument value, CancellationToken cancellationToken = default) =>
        SendAsync(["HSET", key, field, value], Replies.IsOne, cancellationToken);

    /// <summary>HSET; the number of fields that are new.</summary>
    public Task<long> HashSetAsync(
        RedisArgument key, ReadOnlySpan<(RedisArgument Name, RedisArgument Value)> fields, CancellationToken cancellationToken = default)
    {
        var arguments = new ArgumentList(2 * fields.Length + 2);
        arguments.Add("HSET", key);
        arguments.Add(fields);
        return SendAsync(ref arguments, Replies.Integer, cancellationToken);
    }

    /// <summary>HGET; null when there is no such key or field.</summary>
    public Task<byte[]?> HashGetAsync(RedisArgument key, RedisArgument field, CancellationToken cancellationToken = default) =>
        SendAsync(["HGET", key, field], Replies.Bytes, cancellationToken);

    /// <summary>HGET, as text.</summary>
    public Task<string?> HashGetStringAsync(RedisArgument key, RedisArgument field, CancellationToken cancellationToken = default) =>
        SendAsync(["HGET", key, field], Replies.Text, cancellationToken);

    /// <summary>HGETALL; no fields when there is no such key.</summary>
    public Task<RedisFields> HashGetAllAsync(RedisArgument key, CancellationToken cancellationToken = default) =>
        SendAsync(["HGETALL", key], Replies.Fields, cancellationToken);

    /// <summary>HINCRBY; the new value.</summary>
    public Task<long> HashIncrementAsync(
        RedisArgument key, RedisArgument field, long by = 1, CancellationToken cancellationToken = default) =>
        SendAsync(["HINCRBY", key, field, by], Replies.Integer, cancellationToken);

    /// <summary>HDEL; true when there was such a field.</summary>
    public Task<bool> HashDeleteAsync(RedisArgument key, RedisArgument field, CancellationToken cancellationToken = default) =>
        SendAsync(["HDEL", key, field], Replies.IsOne, cancellationToken);
}
