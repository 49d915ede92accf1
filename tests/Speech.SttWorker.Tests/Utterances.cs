using Speech.Audio.Pcm;
using Speech.Contracts.Jobs;
using Speech.Contracts.Sessions;

namespace Speech.SttWorker.Tests;

/// <summary>Recordings as jobs, and what whisper.cpp hears in each with the full audio context.</summary>
internal static class Utterances
{
    /// <summary>A recording and the text that the worker must return for it.</summary>
    public sealed record Utterance(byte[] Pcm, string Text)
    {
        public double Seconds => Pcm.Length / (2.0 * AudioJob.SampleRate);
    }

    private static readonly Lazy<IReadOnlyList<Utterance>> Loaded = new(() =>
    {
        var references = Recordings.References("whispercpp-reference.tsv")
            .ToDictionary(reference => (reference.Set, reference.Id), reference => reference.Text);
        return [.. Recordings.All.Select(
            recording => new Utterance(Pcm(recording.Samples), references[(recording.Set, recording.Id)].Trim()))];
    });

    public static IReadOnlyList<Utterance> All => Loaded.Value;

    /// <summary>Every so many-th, short and long ones mixed.</summary>
    public static Utterance[] Some(int count) => [.. Enumerable.Range(0, count).Select(i => All[i * 37 % All.Count])];

    public static AudioJob Job(
        string clientId, int segment, Utterance utterance, AudioJobKind kind = AudioJobKind.Final, int revision = 0, bool words = false,
        double start = 0,
        string? prompt = null, string? language = null, string[]? translate = null) => new()
        {
            ClientId = clientId,
            Segment = segment,
            Kind = kind,
            Revision = revision,
            Language = language,
            Prompt = prompt,
            Translate = translate ?? [],
            Words = words,
            Start = start,
            End = start + utterance.Seconds,
            CreatedAt = DateTimeOffset.UtcNow,
            Audio = utterance.Pcm,
        };

    private static byte[] Pcm(float[] samples)
    {
        var pcm = new short[samples.Length];
        PcmConverter.ToInt16(samples, pcm);
        return System.Runtime.InteropServices.MemoryMarshal.AsBytes(pcm.AsSpan()).ToArray();
    }
}
