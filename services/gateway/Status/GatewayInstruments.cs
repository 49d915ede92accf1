using System.Collections.Frozen;
using System.Globalization;
using Prometheus;
using Speech.Contracts.Sessions;
using Speech.Gateway.Sessions;
using Speech.Hosting.Metrics;

namespace Speech.Gateway.Status;

/// <summary>What a gateway shows to those who watch over it. Safe for all threads.</summary>
internal sealed class GatewayInstruments
{
    private readonly FrozenDictionary<CloseCode, Counter.Child> _ended;
    private readonly Counter.Child _lost;

    public GatewayInstruments(IMetricFactory create)
    {
        var ended = create.CreateCounter(
            "speech_sessions_ended_total",
            "Sessions by the code they were closed with (4000: refused, at capacity); lost: the client was gone.",
            ["code"]);
        // Every code from the beginning: Prometheus sees only changes of what it has seen.
        _lost = ended.WithLabels("lost");
        _ended = Enum.GetValues<CloseCode>().ToFrozenDictionary(
            code => code, code => ended.WithLabels(((int)code).ToString(CultureInfo.InvariantCulture)));
    }

    /// <param name="code">Null: the client was gone.</param>
    public void SessionEnded(CloseCode? code) => (code is { } number ? _ended[number] : _lost).Inc();

    public static void AddTo(IServiceProvider services, Instruments instruments)
    {
        services.GetRequiredService<GatewayInstruments>(); // which shows itself from its making on
        var sessions = services.GetRequiredService<SessionRegistry>();
        var held = services.GetRequiredService<HeldAudio>();
        var options = services.GetRequiredService<GatewayOptions>();
        instruments.ObserveGauge("speech_sessions", "Sessions now.", () => sessions.Count);
        instruments.ObserveGauge("speech_sessions_max", "Sessions that this gateway takes.", () => options.MaxSessions);
        instruments.ObserveGauge(
            "speech_queue_max", "Segments in audio_jobs above which new sessions are refused.", () => options.MaxQueueDepth);
        instruments.ObserveGauge("speech_held_segments", "Accepted segments that Redis has not taken yet.", () => held.Segments);
    }
}
