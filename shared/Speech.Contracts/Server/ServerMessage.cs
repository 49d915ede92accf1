using System.Buffers;
using System.Text.Json;
using Speech.Contracts.Client;
using Speech.Contracts.Maps;
using Speech.Contracts.MessagePack;

namespace Speech.Contracts.Server;

/// <summary>
/// What a gateway sends to its client: a JSON text frame or a MessagePack binary frame, the same map in both, whose field
/// <c>type</c> comes first. Times are seconds from the start of the client's audio.
/// </summary>
public abstract record ServerMessage
{
    /// <summary>Longer messages are refused by the readers.</summary>
    public const int MaxBytes = 1 << 20;

    /// <summary>The value of the field <c>type</c>.</summary>
    public abstract string Type { get; }

    public void WriteJson(IBufferWriter<byte> output)
    {
        using var json = new Utf8JsonWriter(output, JsonMapWriter.Options);
        var writer = new JsonMapWriter(json);
        Write(ref writer);
    }

    public void WriteMessagePack(IBufferWriter<byte> output)
    {
        var writer = new MessagePackMapWriter(output);
        Write(ref writer);
        writer.Flush();
    }

    public byte[] ToJson()
    {
        var output = new ArrayBufferWriter<byte>();
        WriteJson(output);
        return output.WrittenSpan.ToArray();
    }

    public byte[] ToMessagePack()
    {
        var output = new ArrayBufferWriter<byte>();
        WriteMessagePack(output);
        return output.WrittenSpan.ToArray();
    }

    /// <exception cref="MalformedMessageException">Not a server message of this protocol.</exception>
    public static ServerMessage ReadJson(ReadOnlySpan<byte> json)
    {
        var reader = new JsonMapReader(json, MaxBytes);
        return Read(ref reader);
    }

    /// <exception cref="MalformedMessageException">Not a server message of this protocol.</exception>
    public static ServerMessage ReadMessagePack(ReadOnlyMemory<byte> bytes)
    {
        var reader = new MessagePackMapReader(new CheckedReader(bytes, MaxBytes));
        return Read(ref reader);
    }

    /// <summary>Writes every field but <c>type</c>.</summary>
    internal abstract void WriteFields<TWriter>(ref TWriter writer)
        where TWriter : IMapWriter, allows ref struct;

    private void Write<TWriter>(ref TWriter writer)
        where TWriter : IMapWriter, allows ref struct
    {
        var counter = new FieldCounter();
        WriteFields(ref counter);
        writer.BeginMap(counter.Count + 1);
        writer.Text("type"u8, Type);
        WriteFields(ref writer);
        writer.EndMap();
    }

    private static ServerMessage Read<TReader>(ref TReader reader)
        where TReader : IMapReader, allows ref struct
    {
        var fields = MessageFields.Read(ref reader);
        reader.ReadEnd();
        var message = fields.ToMessage(out var problem);
        return message ?? throw reader.Error(problem!);
    }
}
