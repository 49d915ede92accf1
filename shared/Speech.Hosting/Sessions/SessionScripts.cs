using Speech.Redis;

namespace Speech.Hosting;

/// <summary>The scripts about who has a client; each .lua file says at its top what it guarantees.</summary>
internal static class SessionScripts
{
    public static RedisScript Open { get; } = JobScripts.Load("open_session.lua");

    public static RedisScript Read { get; } = JobScripts.Load("read_session.lua");

    public static RedisScript Claim { get; } = JobScripts.Load("claim_session.lua");

    public static RedisScript Release { get; } = JobScripts.Load("release_session.lua");

    public static RedisScript Restore { get; } = JobScripts.Load("restore_session.lua");
}
