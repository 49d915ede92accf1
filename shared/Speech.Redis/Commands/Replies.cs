namespace Speech.Redis;

/// <summary>Readings of replies that several commands share.</summary>
internal static class Replies
{
    public static readonly Func<RespValue, long> Integer = static reply => reply.AsInt64();

    public static readonly Func<RespValue, bool> IsOne = static reply => reply.AsInt64() != 0;

    public static readonly Func<RespValue, bool> Done = static _ => true;

    public static readonly Func<RespValue, byte[]?> Bytes = static reply => reply.AsBytes();

    public static readonly Func<RespValue, string?> Text = static reply => reply.AsString();

    public static readonly Func<RespValue, RedisFields> Fields = static reply => new RedisFields(reply);
}
