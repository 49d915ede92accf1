using Speech.Audio.Segmentation;
using Speech.Vad;

namespace Speech.Gateway.Audio;

/// <summary>
/// Where a client that comes back goes on: <see cref="CommittedSeconds"/> of its audio need not be heard again, and what the detector and
/// the segmenter had heard by then is in <see cref="State"/>. With both, another gateway that is sent the audio from there on cuts it as
/// if nothing had happened.
/// <code>
/// State: version (1 byte) | continuation (1 byte) | the level and the detectors' states (2564 bytes)
/// </code>
/// </summary>
/// <param name="State">Empty when nothing was heard before.</param>
internal readonly record struct ResumePoint(double CommittedSeconds, ReadOnlyMemory<byte> State)
{
    private const byte Version = 2;
    private const int HeaderBytes = 2;

    public static ResumePoint Save(double committedSeconds, Continuation continuation, LevelledVadState vad)
    {
        var state = new byte[HeaderBytes + LevelledVadState.ByteCount];
        (state[0], state[1]) = (Version, (byte)continuation);
        vad.Write(state.AsSpan(HeaderBytes));
        return new ResumePoint(committedSeconds, state);
    }

    /// <summary>
    /// A state that cannot be read (none, of another version, damaged) is the beginning of a stream: the worst is a soft word missed.
    /// </summary>
    public (Continuation Continuation, LevelledVadState Vad) Restore()
    {
        var vad = new LevelledVadState();
        var bytes = State.Span;
        return bytes.Length == HeaderBytes + LevelledVadState.ByteCount && bytes[0] == Version && bytes[1] <= (byte)Continuation.InSpeech
            && vad.TryRead(bytes[HeaderBytes..])
            ? ((Continuation)bytes[1], vad)
            : (Continuation.None, vad);
    }
}
