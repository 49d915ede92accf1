using StackExchange.Redis;

namespace Speech.Redis;

public sealed partial class RedisClient
{
    private readonly ScriptRefusals _refusals = new(TimeProvider.System);
    private readonly OutgoingBytes _outgoing;

    /// <summary>
    /// The latest script of late that did not run: no memory, no permission, no server. Null when all did, or do by now. A server may well
    /// answer PING and refuse every script.
    /// </summary>
    public ScriptRefusal? LastRefusal => _refusals.Last;

    /// <summary>When a script ran the last time; null when none has.</summary>
    public DateTimeOffset? LastScript => _refusals.LastSuccess;

    /// <summary>
    /// Runs a script, by its name (EVALSHA) where the server knows it. Jobs travel so: however many wait for a server that does not read,
    /// no more than <see cref="RedisOptions.MaxOutgoingBytes"/> of them are on their way.
    /// </summary>
    public async Task<RedisResult> EvalAsync(
        RedisScript script, RedisKey[] keys, RedisValue[] arguments, CancellationToken cancellationToken = default)
    {
        try
        {
            var reply = await SendAsync(script, keys, arguments, cancellationToken);
            _refusals.Succeeded(script);
            return reply;
        }
        catch (RedisException e)
        {
            _refusals.Failed(script, e);
            throw;
        }
    }

    private async Task<RedisResult> SendAsync(
        RedisScript script, RedisKey[] keys, RedisValue[] arguments, CancellationToken cancellationToken)
    {
        var room = await _outgoing.TakeAsync(arguments.Sum(argument => argument.GetLongByteCount()), cancellationToken);
        Task sent = Task.CompletedTask;
        try
        {
            return await RunAsync(
                database =>
                {
                    var reply = database.ScriptEvaluateAsync(script.Source, keys, arguments);
                    sent = reply;
                    return reply;
                },
                cancellationToken);
        }
        finally
        {
            // Its caller may have gone, and its bytes still be on their way.
            _ = sent.ContinueWith(
                _ => _outgoing.GiveBack(room),
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
        }
    }
}
