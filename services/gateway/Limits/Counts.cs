namespace Speech.Gateway.Limits;

/// <summary>How many of something each has now; who has none is not remembered. Not safe for several threads.</summary>
internal sealed class Counts
{
    private readonly Dictionary<string, int> _counts = new(StringComparer.Ordinal);

    /// <summary>Of how many something is known.</summary>
    public int Names => _counts.Count;

    public int Of(string name) => _counts.GetValueOrDefault(name);

    public void Add(string name) => _counts[name] = Of(name) + 1;

    public void Remove(string name)
    {
        var count = Of(name);
        if (count > 1)
            _counts[name] = count - 1;
        else
            _counts.Remove(name);
    }
}
