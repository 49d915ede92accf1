using Speech.Contracts;
using Speech.Contracts.Client;
using Speech.Contracts.Server;
using Speech.Contracts.Text;

namespace Speech.Gateway.Sessions;

/// <summary>
/// What a client is told of text messages that mean nothing here. A type that is not known is warned of once, and only so many of them;
/// what is no message at all is warned of each time, until there have been too many.
/// </summary>
internal sealed class MessageComplaints
{
    public const int MaxMalformed = 20;

    private const int MaxUnknown = 8;
    private const int MaxNameLength = 24;

    private readonly HashSet<string> _unknown = [];
    private int _malformed;

    /// <summary>The warning; null when this type has been warned of, or enough others.</summary>
    public Warning? Of(UnknownMessage message) =>
        _unknown.Count < MaxUnknown && _unknown.Add(PlainText.Shorten(message.Name, MaxNameLength))
            ? new Warning("unknown_message",
                $"A message of unknown type '{PlainText.Shorten(message.Name, MaxNameLength)}' is left alone; known are flush, stop, ping.")
            : null;

    /// <summary>The warning; null when there have been so many that the session should end.</summary>
    public Warning? Of(MalformedMessageException malformed) =>
        ++_malformed < MaxMalformed
            ? new Warning("invalid_message", $"A text message is left alone: {PlainText.Escape(malformed.Reason)}") : null;
}
