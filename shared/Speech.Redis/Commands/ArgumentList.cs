using System.Buffers;

namespace Speech.Redis;

/// <summary>
/// Collects the arguments of a command whose number is not known when the code is written, in a rented array. Sending the command
/// gives the array back.
/// </summary>
internal ref struct ArgumentList(int capacity)
{
    private RedisArgument[] _items = ArrayPool<RedisArgument>.Shared.Rent(capacity);
    private int _count;

    public readonly ReadOnlySpan<RedisArgument> Span => _items.AsSpan(0, _count);

    public void Add(RedisArgument argument)
    {
        if (_count == _items.Length)
        {
            var larger = ArrayPool<RedisArgument>.Shared.Rent(_count * 2);
            Span.CopyTo(larger);
            ArrayPool<RedisArgument>.Shared.Return(_items, clearArray: true);
            _items = larger;
        }
        _items[_count++] = argument;
    }

    public void Add(params ReadOnlySpan<RedisArgument> arguments)
    {
        foreach (ref readonly var argument in arguments)
            Add(argument);
    }

    public void Add(ReadOnlySpan<(RedisArgument Name, RedisArgument Value)> pairs)
    {
        foreach (ref readonly var pair in pairs)
        {
            Add(pair.Name);
            Add(pair.Value);
        }
    }

    public void Add(ReadOnlySpan<StreamId> ids)
    {
        foreach (var id in ids)
            Add((RedisArgument)id);
    }

    public void Release()
    {
        ArrayPool<RedisArgument>.Shared.Return(_items, clearArray: true);
        _items = [];
        _count = 0;
    }
}
