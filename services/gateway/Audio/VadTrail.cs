using Speech.Vad;

namespace Speech.Gateway.Audio;

/// <summary>The detector's states after the last few windows: what audio may have to be heard again begins a little in the past.</summary>
internal sealed class VadTrail
{
    private readonly (long Position, LevelledVadState State)[] _states;
    private int _next;

    /// <param name="length">How many states are kept.</param>
    /// <param name="start">Where the audio begins, with the state of no window.</param>
    public VadTrail(int length, long start, LevelledVadState state)
    {
        _states = new (long, LevelledVadState)[length];
        foreach (ref var kept in _states.AsSpan())
            kept = (long.MaxValue, new LevelledVadState());
        Add(start, state);
    }

    /// <param name="position">The end of the window that brought the state about.</param>
    public void Add(long position, LevelledVadState state)
    {
        ref var oldest = ref _states[_next];
        oldest.Position = position;
        state.CopyTo(oldest.State);
        _next = (_next + 1) % _states.Length;
    }

    /// <summary>
    /// The state at a position, or, where there was no end of a window, at the last one before; null when that is too long ago.
    /// </summary>
    public LevelledVadState? Find(long position)
    {
        (long Position, LevelledVadState State)? found = null;
        foreach (var kept in _states)
        {
            if (kept.Position <= position && (found is null || kept.Position >= found.Value.Position))
                found = kept;
        }
        return found?.State;
    }
}
