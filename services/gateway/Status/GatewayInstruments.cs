using System.Diagnostics.Metrics;
using System.Globalization;
using System.Runtime.CompilerServices;
using Speech.Contracts;
using Speech.Gateway.Sessions;

namespace Speech.Gateway.Status;

/// <summary>What a gateway shows to those who watch over it.</summary>
internal static class GatewayInstruments
{
    private static readonly Meter Meter = new("Speech.Gateway");

    private static readonly Counter<long> Ended = Meter.CreateCounter<long>(
        "speech.sessions.ended", "{session}", "Sessions by the code they were closed with (4000: refused, at capacity); lost: the client was gone.");

    public static void SessionEnded(CloseCode? code) => Ended.Add(
        1, new KeyValuePair<string, object?>("code", code is { } number ? ((int)number).ToString(CultureInfo.InvariantCulture) : "lost"));

    public static void AddTo(IServiceProvider services, Meter meter)
    {
        // Counters are there from the start, not from the first thing that they count.
        RuntimeHelpers.RunClassConstructor(typeof(GatewayInstruments).TypeHandle);
        var sessions = services.GetRequiredService<SessionRegistry>();
        var held = services.GetRequiredService<HeldAudio>();
        var options = services.GetRequiredService<GatewayOptions>();
        meter.CreateObservableGauge("speech.sessions", () => sessions.Count, "{session}", "Sessions now.");
        meter.CreateObservableGauge("speech.sessions.max", () => options.MaxSessions, "{session}", "Sessions that this gateway takes.");
        meter.CreateObservableGauge("speech.queue.max", () => options.MaxQueueDepth, "{segment}", "Segments in audio_jobs above which new sessions are refused.");
        meter.CreateObservableGauge("speech.held.segments", () => held.Segments, "{segment}", "Accepted segments that Redis has not taken yet.");
    }
}
