using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using Speech.Audio.Opus;
using Speech.Audio.Segmentation;
using Speech.Lab.Speakers;
using Speech.Vad;

namespace Speech.Lab.Bench;

/// <summary>
/// `bench vad`: what a live stream costs a gateway's core: decoding its Opus packets, voice-activity detection, and cutting segments.
/// </summary>
internal static class VadBench
{
    private const int Rounds = 5;

    private static readonly Option<bool> Json = Options.Json("One JSON object.");

    public static Command Create()
    {
        var command = new Command("vad", "What Opus, voice-activity detection and the segmenter cost for each live stream.") { Json };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        float[] speech = [.. BuiltInRecordings.Load().SelectMany(utterance => utterance.Samples)];
        var seconds = speech.Length / (double)SileroVad.SampleRate;
        var packets = Encode(speech);
        var vad = new LevelledVad(SileroVad.Load(SilenceBench.DetectorPath()));
        var probabilities = new float[speech.Length / SileroVad.WindowLength];

        var opusShare = Share(seconds, () => Decode(packets));
        var vadShare = Share(seconds, () =>
        {
            var state = new LevelledVadState();
            for (var window = 0; window < probabilities.Length; window++)
                probabilities[window] = vad.Process(state, speech.AsSpan(window * SileroVad.WindowLength, SileroVad.WindowLength));
        });
        var segmenterShare = Share(seconds, () => Segment(speech, probabilities));

        var windowMicroseconds = vadShare * seconds * 1e6 / probabilities.Length;
        Console.WriteLine(parsed.GetValue(Json)
            ? JsonSerializer.Serialize(new { audio_seconds = seconds, opus_core_share = opusShare, vad_core_share = vadShare, vad_us_per_window = windowMicroseconds, segmenter_core_share = segmenterShare })
            : $"Of one core, for each live stream: Opus {opusShare:P3}, voice-activity detection {vadShare:P3} ({windowMicroseconds:F1} µs a window of 32 ms), segmenter {segmenterShare:P3}.");
        return ExitCodes.Ok;
    }

    /// <summary>The best of some rounds, as a share of the audio's duration.</summary>
    private static double Share(double seconds, Action action)
    {
        var best = double.MaxValue;
        for (var round = 0; round < Rounds; round++)
        {
            var start = Stopwatch.GetTimestamp();
            action();
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds / seconds);
        }

        return best;
    }

    private static List<byte[]> Encode(ReadOnlySpan<float> samples)
    {
        using var encoder = new OpusEncoder();
        var packets = new List<byte[]>();
        var packet = new byte[OpusEncoder.MaxPacketBytes];
        for (; samples.Length >= encoder.FrameSamples; samples = samples[encoder.FrameSamples..])
            packets.Add(packet[..encoder.Encode(samples[..encoder.FrameSamples], packet)]);
        return packets;
    }

    private static void Decode(List<byte[]> packets)
    {
        using var decoder = new OpusDecoder();
        var pcm = new float[decoder.MaxSamples];
        foreach (var packet in packets)
            decoder.Decode(packet, pcm);
    }

    private static void Segment(ReadOnlySpan<float> samples, float[] probabilities)
    {
        using var segmenter = new Segmenter();
        for (var window = 0; window < probabilities.Length; window++)
        {
            segmenter.Push(samples.Slice(window * SileroVad.WindowLength, SileroVad.WindowLength), probabilities[window]);
            while (segmenter.TryRead(out _))
            {
            }
        }
    }
}
