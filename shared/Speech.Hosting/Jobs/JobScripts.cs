using System.Reflection;
using Speech.Redis;

namespace Speech.Hosting;

/// <summary>The scripts that run inside Redis; each .lua file says at its top what it guarantees.</summary>
internal static class JobScripts
{
    public static RedisScript Enqueue { get; } = Load("enqueue.lua");

    public static RedisScript Finish { get; } = Load("finish.lua");

    public static RedisScript Lost { get; } = Load("lost.lua");

    public static RedisScript KeepAlive { get; } = Load("keep_alive.lua");

    internal static RedisScript Load(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The script {name} is not in this assembly.");
        using var reader = new StreamReader(stream);
        return new RedisScript(reader.ReadToEnd());
    }
}
