using Speech.Contracts.Sessions;

namespace Speech.Gateway.Sessions;

/// <summary>Why a session ends.</summary>
/// <param name="Code">For the close frame; null when there is nobody left to send one to.</param>
/// <param name="Reason">For the client.</param>
internal readonly record struct Ending(CloseCode? Code, string Reason)
{
    /// <summary>The client went away without a word, or does not take what it is sent.</summary>
    public static Ending Lost(string reason) => new(null, reason);

    public override string ToString() => Code is { } code ? $"{(int)code} {Reason}".TrimEnd() : Reason;
}
