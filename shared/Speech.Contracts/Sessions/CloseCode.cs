using System.Text;
using Speech.Contracts.Text;

namespace Speech.Contracts.Sessions;

/// <summary>Why a WebSocket was closed (RFC 6455, 7.4; 4000 and up are ours).</summary>
public enum CloseCode
{
    Normal = 1000,
    GoingAway = 1001,
    ProtocolError = 1002,
    InternalError = 1011,
    AtCapacity = 4000,
    AuthenticationFailed = 4001,
    SessionTimeout = 4002,
    InvalidMessage = 4003,
    RateLimited = 4004,
    ResourceUnavailable = 4005,
    ClientTimeout = 4006,
}

public static class CloseCodeExtensions
{
    /// <summary>A control frame holds 125 bytes, two of them the code.</summary>
    public const int MaxReasonBytes = 123;

    /// <summary>Whether the client should try again, with back-off.</summary>
    public static bool IsRetryable(this CloseCode code) =>
        code is CloseCode.AtCapacity or CloseCode.SessionTimeout or CloseCode.RateLimited or CloseCode.ClientTimeout;

    /// <summary>The reason for the close frame when there is no better one.</summary>
    public static string DefaultReason(this CloseCode code) => code switch
    {
        CloseCode.Normal => "",
        CloseCode.GoingAway => "the server is going away",
        CloseCode.ProtocolError => "protocol error",
        CloseCode.InternalError => "internal error",
        CloseCode.AtCapacity => "server at capacity, try again later",
        CloseCode.AuthenticationFailed => "authentication failed",
        CloseCode.SessionTimeout => "session timeout",
        CloseCode.InvalidMessage => "invalid message",
        CloseCode.RateLimited => "rate limited, try again later",
        CloseCode.ResourceUnavailable => "resource unavailable",
        CloseCode.ClientTimeout => "nothing was received for too long",
        _ => $"close code {(int)code}",
    };

    /// <summary>Cuts a reason to what a close frame holds, between characters, as one plain line (<see cref="PlainText"/>).</summary>
    public static string FitReason(string reason)
    {
        reason = PlainText.Escape(reason);
        if (Encoding.UTF8.GetByteCount(reason) <= MaxReasonBytes)
            return reason;
        const string Ellipsis = "…";
        var room = MaxReasonBytes - Encoding.UTF8.GetByteCount(Ellipsis);
        var length = 0;
        foreach (var rune in reason.EnumerateRunes())
        {
            room -= rune.Utf8SequenceLength;
            if (room < 0)
                break;
            length += rune.Utf16SequenceLength;
        }
        return reason[..length] + Ellipsis;
    }
}
