using Speech.Redis;

namespace Speech.Delivery.Jobs;

/// <summary>The scripts about jobs and their consumers.</summary>
internal static class JobScripts
{
    public static RedisScript Enqueue { get; } = LuaScript.Load("enqueue.lua");

    public static RedisScript Finish { get; } = LuaScript.Load("finish.lua");

    public static RedisScript Lost { get; } = LuaScript.Load("lost.lua");

    public static RedisScript RemoveConsumer { get; } = LuaScript.Load("remove_consumer.lua");
}
