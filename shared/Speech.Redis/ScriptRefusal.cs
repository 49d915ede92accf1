using StackExchange.Redis;

namespace Speech.Redis;

/// <summary>A script that did not run.</summary>
/// <param name="At">When.</param>
/// <param name="Error">Why.</param>
public sealed record ScriptRefusal(DateTimeOffset At, RedisException Error);
