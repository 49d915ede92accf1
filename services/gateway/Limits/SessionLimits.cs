namespace Speech.Gateway.Limits;

/// <summary>What clients, and the keys they show or the addresses they have, may send to this gateway.</summary>
internal sealed class SessionLimits(GatewayOptions options, TimeProvider time)
{
    public AudioAllowances Clients { get; } = new(options.MaxAudioRate, time);

    public AudioAllowances Keys { get; } = new(options.MaxAudioRatePerKey, time);

    public AudioAllowances Addresses { get; } = new(options.MaxAudioRatePerAddress, time);

    public AudioAllowances Of(LimitedParty party) => party.IsAddress ? Addresses : Keys;
}
