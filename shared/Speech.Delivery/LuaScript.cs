using System.Reflection;
using Speech.Redis;

namespace Speech.Delivery;

/// <summary>The scripts that run inside Redis; each .lua file says at its top what it guarantees. All begin with checks.lua.</summary>
internal static class LuaScript
{
    private static readonly string Checks = Read("checks.lua");

    public static RedisScript Load(string name) => new(Checks + Read(name));

    private static string Read(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The script {name} is not in this assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
