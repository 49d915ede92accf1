using System.Buffers;
using MessagePack;
using Speech.Contracts.Client;
using Speech.Contracts.MessagePack;

namespace Speech.Contracts.Server;

// A worker does not know a result's seq: Redis gives it, in the script that finishes the job. So a result travels as a map
// without it, and the script puts the two together without having to understand the map:
//
//   history:<client_id>   entry <seq>-0, field "result" = the map
//   results:<client_id>   payload = the array [seq, map]; seq is 0 for a partial, which is not in the history

/// <summary>A result and its place in the client's history, as they travel on Redis.</summary>
/// <param name="Seq">From 1, without gaps; 0 for a partial.</param>
/// <param name="Result">Carries the same seq.</param>
public readonly record struct ResultEnvelope(long Seq, SegmentResult Result)
{
    /// <summary>The scripts in Redis count in numbers that are exact up to 2^53, and give out none above this (checks.lua).</summary>
    public const long MaxSeq = 9_000_000_000_000_000;

    /// <summary>The map, without seq: what a worker hands to the finishing script.</summary>
    public static byte[] WriteResult(SegmentResult result) =>
        (result is FinalResult { Seq: not 0 } final ? final with { Seq = 0 } : result).ToMessagePack();

    /// <summary>Reads the map of a history entry.</summary>
    /// <param name="map">The entry's field "result".</param>
    /// <param name="seq">From the entry's id, <c>seq-0</c>.</param>
    /// <exception cref="MalformedMessageException">Not a result.</exception>
    public static SegmentResult ReadResult(ReadOnlyMemory<byte> map, long seq) => ServerMessage.ReadMessagePack(map) switch
    {
        _ when seq > MaxSeq => throw new MalformedMessageException($"a result with the seq {seq}, allowed are up to {MaxSeq}", 0),
        Partial when seq != 0 => throw new MalformedMessageException($"a partial result with the seq {seq}, it should have none", 0),
        FinalResult when seq <= 0 => throw new MalformedMessageException($"a final result with the seq {seq}, it should be 1 or more", 0),
        FinalResult final => final with { Seq = seq },
        SegmentResult result => result,
        var other => throw new MalformedMessageException($"a message of type '{other.Type}' is not a result", 0),
    };

    /// <summary>The array [seq, map].</summary>
    public void Write(IBufferWriter<byte> output)
    {
        var writer = new MessagePackWriter(output);
        writer.WriteArrayHeader(2);
        writer.Write(Seq);
        writer.WriteRaw(WriteResult(Result));
        writer.Flush();
    }

    public byte[] ToArray()
    {
        var output = new ArrayBufferWriter<byte>();
        Write(output);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>Reads what a subscriber of <c>results:&lt;client_id&gt;</c> receives.</summary>
    /// <exception cref="MalformedMessageException">Not a result in its envelope.</exception>
    public static ResultEnvelope Read(ReadOnlyMemory<byte> payload)
    {
        var reader = new CheckedReader(payload, ServerMessage.MaxBytes);
        var count = reader.ReadArrayHeader();
        if (count != 2)
            throw new MalformedMessageException($"expected the array [seq, result], found {count} elements", 0);
        var seq = reader.ReadInt64();
        return new ResultEnvelope(seq, ReadResult(payload[reader.Offset..], seq));
    }
}
