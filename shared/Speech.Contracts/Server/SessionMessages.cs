using Speech.Contracts.Client;
using Speech.Contracts.Maps;
using Speech.Contracts.Sessions;

namespace Speech.Contracts.Server;

/// <summary>The first message of every connection.</summary>
/// <param name="ClientId">The client's name: given by it, or made up by the gateway; to be used for coming back.</param>
/// <param name="SampleRate">Hz, of the audio that is recognised (16000).</param>
/// <param name="Committed">Seconds of this client's audio that are safe in Redis; a client that comes back sends from here on.</param>
public sealed record Ready(string ClientId, int SampleRate, double Committed) : ServerMessage
{
    public override string Type => "ready";

    internal override void WriteFields<TWriter>(ref TWriter writer)
    {
        writer.Text("client_id"u8, ClientId);
        writer.Integer("sample_rate"u8, SampleRate);
        writer.Number("committed"u8, Committed);
    }
}

/// <summary>The voice-activity detector heard speech begin.</summary>
public sealed record SpeechStarted(int Segment, double Start) : ServerMessage
{
    public override string Type => "speech_started";

    internal override void WriteFields<TWriter>(ref TWriter writer)
    {
        writer.Integer("segment"u8, Segment);
        writer.Number("start"u8, Start);
    }
}

/// <summary>The client's audio is safe in Redis up to here: it need not keep what came before.</summary>
public sealed record Committed(double Until) : ServerMessage
{
    public override string Type => "committed";

    internal override void WriteFields<TWriter>(ref TWriter writer) => writer.Number("until"u8, Until);
}

/// <summary>Something the client should know, that does not end the connection.</summary>
public sealed record Warning(string Code, string Message) : ServerMessage
{
    public override string Type => "warning";

    internal override void WriteFields<TWriter>(ref TWriter writer)
    {
        writer.Text("code"u8, Code);
        writer.Text("message"u8, Message);
    }
}

/// <summary>The answer to <see cref="Stop"/>: every result has been sent.</summary>
public sealed record Done : ServerMessage
{
    public override string Type => "done";

    internal override void WriteFields<TWriter>(ref TWriter writer)
    {
    }
}

/// <summary>The answer to <see cref="Ping"/>.</summary>
public sealed record Pong : ServerMessage
{
    public override string Type => "pong";

    internal override void WriteFields<TWriter>(ref TWriter writer)
    {
    }
}
