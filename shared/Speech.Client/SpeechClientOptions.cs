using Speech.Contracts.Sessions;

namespace Speech.Client;

/// <summary>Where a <see cref="SpeechClient"/> connects to, and how long it waits for what.</summary>
public sealed record SpeechClientOptions
{
    /// <summary>
    /// The gateway's endpoint, such as <c>ws://127.0.0.1:8080/ws</c>; a query of its own, such as <c>?token=…</c>, is kept.
    /// </summary>
    public required Uri Url { get; init; }

    /// <summary>Who speaks, in which codec, and what is wanted of it.</summary>
    public required SessionParameters Session { get; init; }

    /// <summary>A key or token of the server, sent as <c>Authorization: Bearer …</c>; null: none.</summary>
    public string? Token { get; init; }

    /// <summary>From the call until the server has said that it is ready.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often the server is asked for a sign of life; one that gives none for twice as long is taken for gone.</summary>
    public TimeSpan KeepAliveInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>For one packet. A gateway under load slows its clients down by reading later, but not for that long.</summary>
    public TimeSpan SendTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// The longest silence of the server after <c>stop</c>: longer than a gateway itself waits for a result, so that it can say what is
    /// missing.
    /// </summary>
    public TimeSpan ReplyTimeout { get; init; } = TimeSpan.FromSeconds(75);

    /// <summary>For the server's half of the closing handshake; what was to be said has been said by then.</summary>
    public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromSeconds(2);
}
