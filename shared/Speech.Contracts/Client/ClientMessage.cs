using System.Text;
using System.Text.Json;
using Speech.Contracts.Maps;
using Speech.Contracts.Server;

namespace Speech.Contracts.Client;

/// <summary>What a client may say in a text frame (its binary frames are audio): <c>{"type":"flush"}</c>.</summary>
public abstract record ClientMessage
{
    /// <summary>Longer text frames are refused.</summary>
    public const int MaxBytes = 64 * 1024;

    /// <summary>The value of the field <c>type</c>.</summary>
    public abstract string Type { get; }

    public byte[] ToJson() => Encoding.UTF8.GetBytes($$"""{"type":"{{JsonEncodedText.Encode(Type)}}"}""");

    /// <summary>
    /// Unknown fields are skipped, and unknown types are <see cref="UnknownMessage"/>, so that later versions may add some.
    /// </summary>
    /// <exception cref="MalformedMessageException">Its reason is fit for the sender.</exception>
    public static ClientMessage ReadJson(ReadOnlySpan<byte> json)
    {
        var reader = new JsonMapReader(json, MaxBytes);
        string? type = null;
        var map = reader.BeginMap();
        while (reader.NextField(ref map, out var name))
        {
            if (!name.SequenceEqual("type"u8))
                reader.Skip();
            else if (type is null)
                type = reader.ReadText(maxBytes: 64);
            else
                throw reader.Error("the field 'type' comes twice");
        }
        reader.ReadEnd();
        return type switch
        {
            "flush" => new Flush(),
            "stop" => new Stop(),
            "ping" => new Ping(),
            null => throw reader.Error("the field 'type' is missing"),
            _ => new UnknownMessage(type),
        };
    }
}

/// <summary>Ends the segment that is going on, without waiting for silence.</summary>
public sealed record Flush : ClientMessage
{
    public override string Type => "flush";
}

/// <summary>No more audio comes: send what is outstanding, then <see cref="Done"/>, and close.</summary>
public sealed record Stop : ClientMessage
{
    public override string Type => "stop";
}

/// <summary>Asks for a <see cref="Pong"/>.</summary>
public sealed record Ping : ClientMessage
{
    public override string Type => "ping";
}

/// <summary>A message of another version of the protocol, or of another protocol.</summary>
/// <param name="Name">What it calls its type, unchecked.</param>
public sealed record UnknownMessage(string Name) : ClientMessage
{
    public override string Type => Name;
}
