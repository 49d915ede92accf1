using System.Diagnostics.Metrics;
using System.Globalization;
using Speech.Contracts;
using Speech.Gateway.Sessions;

namespace Speech.Gateway.Status;

/// <summary>What a gateway shows to those who watch over it.</summary>
internal static class GatewayInstruments
{
    private static readonly Meter Meter = new("Speech.Gateway");

    private static readonly Counter<long> Ended = Meter.CreateCounter<long>(
        "speech.sessions.ended", "{session}", "Sessions by the code they were closed with (4000: refused, at capacity); lost: the client was gone.");

    public static void SessionEnded(CloseCode? code) => CountEnded(code, 1);

    public static void AddTo(IServiceProvider services, Meter meter)
    {
        // From zero: Prometheus sees only changes of what it has seen.
        CountEnded(null, 0);
        foreach (var code in Enum.GetValues<CloseCode>())
            CountEnded(code, 0);

        var sessions = services.GetRequiredService<SessionRegistry>();
        var held = services.GetRequiredService<HeldAudio>();
        var options = services.GetRequiredService<GatewayOptions>();
        meter.CreateObservableGauge("speech.sessions", () => sessions.Count, "{session}", "Sessions now.");
        meter.CreateObservableGauge("speech.sessions.max", () => options.MaxSessions, "{session}", "Sessions that this gateway takes.");
        meter.CreateObservableGauge("speech.queue.max", () => options.MaxQueueDepth, "{segment}", "Segments in audio_jobs above which new sessions are refused.");
        meter.CreateObservableGauge("speech.held.segments", () => held.Segments, "{segment}", "Accepted segments that Redis has not taken yet.");
    }

    private static void CountEnded(CloseCode? code, int count) => Ended.Add(
        count, new KeyValuePair<string, object?>("code", code is { } number ? ((int)number).ToString(CultureInfo.InvariantCulture) : "lost"));
}
