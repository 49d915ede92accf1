using Speech.Contracts.Sessions;
using Speech.Contracts.Text;

namespace Speech.Client;

/// <summary>A connection that could not be made, or that ended before the server was done; the message is for people.</summary>
public sealed class SpeechClientException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>What the server's close frame said; null when there was none.</summary>
    public CloseCode? CloseCode { get; init; }

    /// <summary>
    /// Whether to try again with the same <c>client_id</c>: the connection broke off, the server goes away or says that it may be tried
    /// again.
    /// </summary>
    public bool MayComeBack =>
        CloseCode is not { } code || code is Contracts.Sessions.CloseCode.GoingAway or Contracts.Sessions.CloseCode.InternalError
        || code.IsRetryable() || RetryHint.Find(Reason) is not null;

    /// <summary>The server's own words in its close frame; null when there was none.</summary>
    public string? Reason { get; init; }

    internal static SpeechClientException Closed(CloseCode code, string? reason)
    {
        var words = string.IsNullOrEmpty(reason) ? code.DefaultReason() : reason;
        var meaning = words.Length > 0 ? PlainText.Escape(words) : "no reason given";
        return new SpeechClientException($"The server closed the connection before it was done: {meaning} (close code {(int)code})")
        {
            CloseCode = code,
            Reason = reason,
        };
    }
}
