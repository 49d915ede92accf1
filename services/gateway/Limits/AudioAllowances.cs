namespace Speech.Gateway.Limits;

/// <summary>
/// The allowances of all who have sent audio lately, by name. They are kept until they are whole again, so that nobody gets a new one by
/// connecting anew. Without a limit there is nothing to keep.
/// </summary>
/// <param name="rate">Seconds of audio a second for each; 0: no limit.</param>
internal sealed class AudioAllowances(double rate, TimeProvider time)
{
    private const int LookedThroughEvery = 256;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, AudioAllowance> _allowances = new(StringComparer.Ordinal);
    private int _asked;

    public double Rate => rate;

    /// <summary>Null when there is no limit.</summary>
    public AudioAllowance? Of(string name)
    {
        if (rate == 0)
            return null;
        lock (_gate)
        {
            if (++_asked % LookedThroughEvery == 0)
                Forget();
            if (!_allowances.TryGetValue(name, out var allowance))
                _allowances[name] = allowance = new AudioAllowance(rate, time);
            return allowance;
        }
    }

    // A session that has one that is forgotten here, being whole, may get another by connecting again: a minute's worth more, once.
    private void Forget()
    {
        foreach (var (name, allowance) in _allowances)
        {
            if (allowance.IsWhole)
                _allowances.Remove(name);
        }
    }
}
