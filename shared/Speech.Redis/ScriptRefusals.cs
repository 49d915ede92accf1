using StackExchange.Redis;

namespace Speech.Redis;

/// <summary>
/// Which scripts are refused at present. One script that runs says nothing of another: that one may need memory, or what its user may not
/// do. But one that was refused for want of a server or memory, and runs now, shows that there is some again for all. What has not been
/// tried again for a while is forgotten: nobody can tell.
/// </summary>
internal sealed class ScriptRefusals(TimeProvider time)
{
    public static readonly TimeSpan Memory = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly Dictionary<RedisScript, ScriptRefusal> _refused = [];
    private volatile bool _isAny;
    private long _lastSuccess;

    public DateTimeOffset? LastSuccess =>
        Interlocked.Read(ref _lastSuccess) is > 0 and var ticks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;

    public ScriptRefusal? Last
    {
        get
        {
            lock (_gate)
                return _refused.Values.Where(refusal => time.GetUtcNow() - refusal.At < Memory).MaxBy(refusal => refusal.At);
        }
    }

    public void Succeeded(RedisScript script)
    {
        Interlocked.Exchange(ref _lastSuccess, time.GetUtcNow().UtcTicks);
        if (!_isAny)
            return;
        lock (_gate)
        {
            if (_refused.Remove(script, out var over) && over.Error.IsTransient)
            {
                foreach (var (refused, refusal) in _refused)
                {
                    if (refusal.Error.IsTransient)
                        _refused.Remove(refused);
                }
            }
            _isAny = _refused.Count > 0;
        }
    }

    public void Failed(RedisScript script, RedisException error)
    {
        lock (_gate)
        {
            _refused[script] = new ScriptRefusal(time.GetUtcNow(), error);
            _isAny = true;
        }
    }
}
