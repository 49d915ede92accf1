using System.Runtime.InteropServices;
using Speech.Audio;
using Speech.Audio.Files;
using Speech.Audio.Segmentation;
using Speech.Audio.Streams;
using Speech.Contracts.Sessions;
using Speech.Gateway.Audio;
using Speech.Gateway.Tests.Support;
using Speech.Vad;
using Xunit.Abstractions;

namespace Speech.Gateway.Tests.Audio;

/// <summary>A stream that breaks off anywhere and goes on at another gateway, from where the first had committed.</summary>
public sealed class ResumePointTests(ITestOutputHelper output)
{
    /// <summary>
    /// With 400 of them: nothing differs, and of a segment that was ended in mid-speech 0.10 s are lost in nine of ten, 0.5 s at worst.
    /// </summary>
    private const int Cuts = 40;

    private static readonly SileroVad Vad = VoiceDetector.Load(Checkout.Path("shared/models"));

    /// <summary>People who spell and count, a second of faint noise between them, and Kennedy.</summary>
    private static readonly float[] Speech = MakeSpeech();

    private static readonly IReadOnlyList<Span> Undisturbed = Hear(null, default, 0, Speech.Length, flush: true).Segments;

    private readonly Random _random = new(20261120);

    [Fact]
    public void What_is_heard_again_from_the_point_of_return_is_cut_as_if_nothing_had_happened()
    {
        for (var i = 0; i < Cuts; i++)
        {
            var cut = _random.Next(Speech.Length);
            var before = Hear(null, default, 0, cut, flush: false);
            var after = Hear(before.Segments.Count, before.Point, (int)Math.Round(
                before.Point.CommittedSeconds * AudioRate.Model), Speech.Length, flush: true);
            ((IEnumerable<Span>)[.. before.Segments, .. after.Segments]).ShouldBe(Undisturbed, $"cut at {cut}");
        }
    }

    [Fact]
    public void A_stream_may_break_off_many_times()
    {
        for (var round = 0; round < 5; round++)
        {
            var (segments, point, position) = (new List<Span>(), default(ResumePoint), 0);
            while (position < Speech.Length)
            {
                var end = Math.Min(Speech.Length, position + _random.Next(1, 8 * AudioRate.Model));
                var heard = Hear(segments.Count, point, position, end, flush: end == Speech.Length);
                segments.AddRange(heard.Segments);
                if (end == Speech.Length)
                    break;
                (point, position) = (heard.Point, (int)Math.Round(heard.Point.CommittedSeconds * AudioRate.Model));
            }
            segments.ShouldBe(Undisturbed);
        }
    }

    [Fact]
    public void Where_a_segment_was_ended_in_the_middle_of_speech_its_rest_is_heard_too()
    {
        var lost = new List<double>();
        for (var i = 0; i < Cuts; i++)
        {
            var cut = _random.Next(Speech.Length);
            var before = Hear(null, default, 0, cut, flush: true);
            var after = Hear(before.Segments.Count, before.Point, (int)Math.Round(
                before.Point.CommittedSeconds * AudioRate.Model), Speech.Length, flush: true);
            Span[] all = [.. before.Segments, .. after.Segments];
            lost.Add(Undisturbed.Max(whole => whole.End - whole.Start - all.Sum(
                part => Math.Max(0, Math.Min(part.End, whole.End) - Math.Max(part.Start, whole.Start)))) / (double)AudioRate.Model);
        }

        lost.Sort();
        output.WriteLine($"lost of a segment, in seconds: p50 {lost[Cuts / 2]:F3}, p90 {lost[Cuts * 9 / 10]:F3}, worst {lost[^1]:F3}");
        lost[Cuts * 9 / 10].ShouldBeLessThan(0.15);
    }

    [Fact]
    public void A_state_that_cannot_be_read_is_the_beginning_of_a_stream()
    {
        var good = Hear(null, default, 0, Speech.Length / 2, flush: false).Point;
        good.Restore().Vad.ShouldNotBeNull();
        foreach (var damage in (Action<byte[]>[])[state => state[0] = 9, state => state[1] = 7, state => state.AsSpan(2).Fill(0xFF)])
        {
            var state = good.State.ToArray();
            damage(state);
            new ResumePoint(1, state).Restore().Continuation.ShouldBe(Continuation.None);
        }
        new ResumePoint(1, new byte[5]).Restore().Continuation.ShouldBe(Continuation.None);
    }

    /// <summary>
    /// Which channel is heard alone, and that samples are integers, is found out anew: within the quiet before a segment, where the point
    /// of return lies. So it is no part of it.
    /// </summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_was_found_out_about_channels_and_scale_is_found_out_again_before_it_matters(bool cancels)
    {
        Feed feed = cancels
            ? new(AudioCodec.PcmS16Le, 2, samples => TestAudio.Pcm16([.. samples.ToArray().SelectMany(x => (float[])[x, -x])]))
            : new(AudioCodec.PcmF32Le, 1, samples => Bytes([.. samples.ToArray().Select(x => MathF.Round(32767 * x))]));
        var whole = Hear(null, default, 0, Speech.Length, flush: true, feed).Segments;
        for (var i = 0; i < Cuts; i++)
        {
            var cut = _random.Next(Speech.Length);
            var before = Hear(null, default, 0, cut, flush: false, feed);
            var from = (int)Math.Round(before.Point.CommittedSeconds * AudioRate.Model);
            var after = Hear(before.Segments.Count, before.Point, from, Speech.Length, flush: true, feed);
            ((IEnumerable<Span>)[.. before.Segments, .. after.Segments]).ShouldBe(whole, $"cut at {cut}");
        }
    }

    private static (List<Span> Segments, ResumePoint Point) Hear(
        int? firstSegment, ResumePoint start, int from, int to, bool flush, Feed? feed = null)
    {
        feed ??= new Feed(AudioCodec.PcmS16Le, 1, samples => TestAudio.Pcm16(samples));
        using var pipeline = new AudioPipeline(
            Vad,
            new SessionParameters { ClientId = "test", Codec = feed.Codec, SampleRate = AudioRate.Model, Channels = feed.Channels },
            new SegmenterOptions(),
            new AudioStreamLimits { MaxMessageBytes = 16 << 20 },
            firstSegment ?? 0,
            start);
        var segments = new List<Span>();
        pipeline.Decode(feed.Encode(Speech.AsSpan(from, to - from)));
        if (flush)
            pipeline.Complete();
        while (pipeline.TryRead(out var next))
        {
            if (next.Kind == SegmenterEventKind.SegmentCompleted)
                segments.Add(new Span(next.Segment, next.StartSample, next.EndSample));
        }
        return (segments, pipeline.ResumePoint);
    }

    private static float[] MakeSpeech()
    {
        var noise = new Random(1);
        var samples = new List<float>();
        foreach (var file in Directory.GetFiles(Checkout.Path("shared/recordings/an4"), "*.wav").Order(StringComparer.Ordinal).Take(6))
        {
            samples.AddRange(AudioFile.Load(file).Samples);
            samples.AddRange(Enumerable.Range(0, AudioRate.Model).Select(_ => 0.0005f * (2 * noise.NextSingle() - 1)));
        }
        return [.. samples, .. TestAudio.Jfk];
    }

    private static byte[] Bytes(float[] samples) => MemoryMarshal.AsBytes<float>(samples).ToArray();

    private delegate byte[] Encoder(ReadOnlySpan<float> samples);

    /// <summary>How samples are sent.</summary>
    private sealed record Feed(AudioCodec Codec, int Channels, Encoder Encode);

    private readonly record struct Span(long Segment, long Start, long End);
}
