using Speech.Redis;

namespace Speech.Delivery.Sessions;

/// <summary>The scripts about who has a client.</summary>
internal static class SessionScripts
{
    public static RedisScript Open { get; } = LuaScript.Load("open_session.lua");

    public static RedisScript Read { get; } = LuaScript.Load("read_session.lua");

    public static RedisScript Claim { get; } = LuaScript.Load("claim_session.lua");

    public static RedisScript KeepAlive { get; } = LuaScript.Load("keep_alive.lua");

    public static RedisScript Release { get; } = LuaScript.Load("release_session.lua");

    public static RedisScript Restore { get; } = LuaScript.Load("restore_session.lua");
}
