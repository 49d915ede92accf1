using System.Buffers;

namespace Speech.Redis.Tests.Protocol;

/// <summary>Feeds a reader the way a pipe does: what it has not consumed is shown to it again with the next piece behind it.</summary>
internal sealed class Pieces(RespReader reader)
{
    private readonly List<byte[]> _unconsumed = [];

    public List<RespValue> Replies { get; } = [];

    /// <summary>Bytes that the reader itself has allocated.</summary>
    public long Allocated { get; private set; }

    public void Feed(ReadOnlySpan<byte> piece)
    {
        _unconsumed.Add(piece.ToArray());
        var sequence = ToSequence(_unconsumed);
        var input = new SequenceReader<byte>(sequence);
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            while (reader.TryRead(ref input, out var reply))
                Replies.Add(reply);
        }
        finally
        {
            Allocated += GC.GetAllocatedBytesForCurrentThread() - before;
        }
        var rest = sequence.Slice(input.Position);
        _unconsumed.Clear();
        foreach (var segment in rest)
        {
            if (!segment.IsEmpty)
                _unconsumed.Add(segment.ToArray());
        }
    }

    public static ReadOnlySequence<byte> ToSequence(IReadOnlyList<byte[]> pieces)
    {
        if (pieces.Count == 0)
            return default;
        var first = new Segment(pieces[0], null);
        var last = first;
        foreach (var piece in pieces.Skip(1))
            last = new Segment(piece, last);
        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(byte[] bytes, Segment? previous)
        {
            Memory = bytes;
            if (previous is null)
                return;
            previous.Next = this;
            RunningIndex = previous.RunningIndex + previous.Memory.Length;
        }
    }
}
