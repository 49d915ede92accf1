namespace Speech.Redis;

public sealed partial class RedisClient
{
    private readonly ScriptRefusals _refusals = new(TimeProvider.System);

    /// <summary>
    /// The latest script of late that did not run: no memory, no permission, no server. Null when all did, or do by now. A server may well
    /// answer PING and refuse every script.
    /// </summary>
    public ScriptRefusal? LastRefusal => _refusals.Last;

    /// <summary>When a script ran the last time; null when none has.</summary>
    public DateTimeOffset? LastScript => _refusals.LastSuccess;

    /// <summary>
    /// Runs a script: EVALSHA, and when the server does not know it (NOSCRIPT: restarted, flushed), EVAL with the source, which
    /// teaches it. Unlike with other commands, memory behind the arguments must stay as it is until the task ends.
    /// </summary>
    public async Task<RespValue> EvalAsync(
        RedisScript script, RedisArgument[] keys, RedisArgument[] arguments, CancellationToken cancellationToken = default)
    {
        try
        {
            var reply = await EvalOrTeachAsync(script, keys, arguments, cancellationToken);
            _refusals.Succeeded(script);
            return reply;
        }
        catch (RedisException e)
        {
            _refusals.Failed(script, e);
            throw;
        }
    }

    private async Task<RespValue> EvalOrTeachAsync(
        RedisScript script, RedisArgument[] keys, RedisArgument[] arguments, CancellationToken cancellationToken)
    {
        try
        {
            return await EvalAsync("EVALSHA", script.Sha1, keys, arguments, cancellationToken);
        }
        catch (RedisServerException e) when (e.Code == "NOSCRIPT")
        {
            return await EvalAsync("EVAL", script.Source, keys, arguments, cancellationToken);
        }
    }

    private Task<RespValue> EvalAsync(
        string command, string script, RedisArgument[] keys, RedisArgument[] arguments, CancellationToken cancellationToken)
    {
        var all = new ArgumentList(keys.Length + arguments.Length + 3);
        all.Add(command, script, keys.Length);
        all.Add(keys);
        all.Add(arguments);
        return SendAsync(ref all, static reply => reply, cancellationToken);
    }
}
