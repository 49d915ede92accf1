using Speech.Audio.Segmentation;

namespace Speech.Audio.Tests.Segmentation;

public sealed class SegmenterTests
{
    private static readonly float[] Audio = Signals.Noise(100 * 16_000);

    private static readonly SegmenterOptions Options = new();

    [Fact]
    public void Speech_between_silences_becomes_one_segment_with_its_lead_in_and_tail()
    {
        using var segmenter = new Segmenter(Options);
        var events = Run(segmenter, [(0, 50), (0.9f, 40), (0, 50)]);

        var (start, end) = (50 * 512 - 5120, 90 * 512 + 5120);
        events.Select(e => (e.Kind, e.Segment, e.StartSample)).ShouldBe([
            (SegmenterEventKind.SpeechStarted, 0, start), (SegmenterEventKind.SegmentCompleted, 0, start)]);
        events[1].EndSample.ShouldBe(end);
        events[1].EndedBy.ShouldBe(SegmentEnd.Silence);
        events[1].Samples.ShouldBe(Audio[start..end]);
        events[1].StartSeconds.ShouldBe(start / 16_000.0);
    }

    [Fact]
    public void The_segment_is_complete_as_soon_as_the_silence_is_long_enough()
    {
        using var segmenter = new Segmenter(Options with { SilenceSeconds = 0.64, TailSeconds = 0.1 });
        Run(segmenter, [(0.9f, 40), (0, 19)]).Count.ShouldBe(1);
        segmenter.CommittedUntil.ShouldBe(0);
        Run(segmenter, [(0, 1)])[0].Kind.ShouldBe(SegmenterEventKind.SegmentCompleted);
        segmenter.CommittedUntilSample.ShouldBe(60 * 512 - 5120);
    }

    [Fact]
    public void Pauses_within_a_sentence_do_not_end_it()
    {
        using var segmenter = new Segmenter(Options);
        Run(segmenter, [(0.9f, 10), (0, 15), (0.9f, 10), (0, 15), (0.9f, 10), (0, 30)]).Count.ShouldBe(2);
    }

    [Fact]
    public void Between_the_two_thresholds_speech_stays_speech_and_silence_silence()
    {
        using var segmenter = new Segmenter(Options);
        Run(segmenter, [(0.45f, 100)]).ShouldBeEmpty();
        var events = Run(segmenter, [(0.5f, 5), (0.4f, 100), (0.3f, 1), (0.4f, 30)]);

        events.Count.ShouldBe(2);
        events[1].EndSample.ShouldBe((100 + 5 + 100) * 512 + 5120);
    }

    [Fact]
    public void A_click_is_no_segment_but_a_short_word_is()
    {
        using var segmenter = new Segmenter(Options);
        Run(segmenter, [(0, 30), (0.9f, 3), (0, 60)]).ShouldBeEmpty();
        segmenter.CommittedUntilSample.ShouldBe(segmenter.Position - 5120);

        var word = Run(segmenter, [(0.9f, 4), (0, 60)]);
        word.Count.ShouldBe(2);
        word[1].Segment.ShouldBe(0);
    }

    [Fact]
    public void A_word_with_a_stop_in_it_counts_as_one()
    {
        using var segmenter = new Segmenter(Options);
        Run(segmenter, [(0.9f, 2), (0.1f, 3), (0.9f, 2), (0, 60)]).Count.ShouldBe(2);
    }

    [Fact]
    public void Flush_completes_what_is_open_and_the_next_segment_does_not_reach_back_into_it()
    {
        using var segmenter = new Segmenter(Options);
        Run(segmenter, [(0.9f, 20)]);
        segmenter.Flush(Audio.AsSpan((int)segmenter.Position, 100), 0.9f);
        var flushed = ReadAll(segmenter);
        flushed.ShouldHaveSingleItem().EndedBy.ShouldBe(SegmentEnd.Flush);
        flushed[0].EndSample.ShouldBe(20 * 512 + 100);

        var next = Run(segmenter, [(0.9f, 20), (0, 60)]);
        next[0].StartSample.ShouldBe(20 * 512 + 100);
        next[0].Segment.ShouldBe(1);
        segmenter.Flush();
        ReadAll(segmenter).ShouldBeEmpty();
    }

    [Fact]
    public void An_open_segment_can_be_looked_at_while_it_grows()
    {
        using var segmenter = new Segmenter(Options);
        Run(segmenter, [(0, 20), (0.9f, 3)]);
        segmenter.TrySnapshot(out _).ShouldBeFalse();
        Run(segmenter, [(0.9f, 7), (0, 15)]);

        segmenter.TrySnapshot(out var open).ShouldBeTrue();
        open.Segment.ShouldBe(0);
        (open.StartSample, open.EndSample).ShouldBe((20 * 512 - 5120, 30 * 512 + 5120));
        open.Samples.ToArray().ShouldBe(Audio[(20 * 512 - 5120)..(30 * 512 + 5120)]);
    }

    [Fact]
    public void A_speech_without_end_is_cut_at_its_quietest_point_and_goes_on_exactly_there()
    {
        // A dip of a quarter of a second at 24 s, in speech whose probability never falls.
        var audio = Audio.ToArray();
        foreach (ref var sample in audio.AsSpan(24 * 16_000, 4000))
            sample *= 0.01f;
        using var segmenter = new Segmenter(Options);

        var events = Run(segmenter, [(0.9f, 1000), (0, 60)], audio);

        events.Select(e => e.Kind).ShouldBe([SegmenterEventKind.SpeechStarted, SegmenterEventKind.SegmentCompleted,
            SegmenterEventKind.SpeechStarted, SegmenterEventKind.SegmentCompleted]);
        events[1].EndedBy.ShouldBe(SegmentEnd.Cut);
        events[1].EndSeconds.ShouldBe(24.125, 0.05);
        events[2].StartSample.ShouldBe(events[1].EndSample);
        events[3].EndSample.ShouldBe(1000 * 512 + 5120);
        events[1].Samples.Concat(events[3].Samples).ShouldBe(audio[..(1000 * 512 + 5120)]);
    }

    [Fact]
    public void Where_all_is_equally_loud_the_pause_decides()
    {
        using var segmenter = new Segmenter(Options);
        var events = Run(segmenter, [(0.9f, 700), (0.1f, 9), (0.9f, 300), (0, 60)]);

        // Between windows 704 and 705: within one window of the middle of the pause.
        events[1].EndSample.ShouldBeInRange(703 * 512, 706 * 512);
    }

    [Fact]
    public void A_client_that_comes_back_goes_on_with_its_numbers_and_times()
    {
        using var segmenter = new Segmenter(Options, firstSegment: 7, startSample: 1_000_000);
        segmenter.Position.ShouldBe(1_000_000);
        var events = new List<(long, long)>();
        for (var i = 0; i < 60; i++)
        {
            segmenter.Push(Audio.AsSpan(0, 512), i < 20 ? 0.9f : 0);
            while (segmenter.TryRead(out var e))
                events.Add((e.Segment, e.StartSample));
        }
        events.ShouldBe([(7, 1_000_000), (7, 1_000_000)]);
    }

    [Fact]
    public void Events_must_be_read_before_their_samples_are_overwritten()
    {
        using var segmenter = new Segmenter(Options);
        for (var i = 0; i < 4; i++)
            segmenter.Push(Audio.AsSpan(0, 512), 1);
        Should.Throw<InvalidOperationException>(() => segmenter.Push(Audio.AsSpan(0, 512), 1));
    }

    [Fact]
    public void Options_without_sense_are_refused_by_name()
    {
        foreach (var (options, name) in new[]
        {
            (Options with { Threshold = 0 }, "Threshold"), (Options with { SilenceSeconds = 0 }, "SilenceSeconds"),
            (Options with { TailSeconds = 0.8 }, "TailSeconds"), (Options with { PreRollSeconds = -1 }, "PreRollSeconds"),
            (Options with { MaxSegmentSeconds = 8 }, "MaxSegmentSeconds"),
            (Options with { MinSpeechSeconds = double.NaN }, "MinSpeechSeconds"),
        })
            Should.Throw<ArgumentOutOfRangeException>(() => new Segmenter(options)).Message.ShouldContain(name);
    }

    [Fact]
    public void A_quiet_hour_costs_nothing_and_a_talkative_one_only_its_longest_segment()
    {
        using var segmenter = new Segmenter(Options);
        Feed(4);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Feed(4 * 28);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(200_000);

        void Feed(int times)
        {
            for (var i = 0; i < times * 1000; i++)
            {
                // Silence for a while, then speech for long enough to be cut.
                segmenter.Push(Audio.AsSpan(0, 512), i % 2000 < 500 ? 0 : 1);
                while (segmenter.TryRead(out _))
                {
                }
            }
        }
    }

    private static List<SegmentRecord> Run(Segmenter segmenter, (float Probability, int Windows)[] script, float[]? audio = null)
    {
        var events = new List<SegmentRecord>();
        foreach (var (probability, windows) in script)
        {
            for (var i = 0; i < windows; i++)
            {
                segmenter.Push((audio ?? Audio).AsSpan((int)segmenter.Position, 512), probability);
                events.AddRange(ReadAll(segmenter));
            }
        }
        return events;
    }

    private static List<SegmentRecord> ReadAll(Segmenter segmenter)
    {
        var events = new List<SegmentRecord>();
        while (segmenter.TryRead(out var e))
            events.Add(new SegmentRecord(e));
        return events;
    }

    /// <summary>An event with its samples copied, since they are soon overwritten.</summary>
    private sealed class SegmentRecord(SegmenterEvent e)
    {
        public SegmenterEventKind Kind => e.Kind;

        public long Segment => e.Segment;

        public long StartSample => e.StartSample;

        public long EndSample => e.EndSample;

        public double StartSeconds => e.StartSeconds;

        public double EndSeconds => e.EndSeconds;

        public SegmentEnd EndedBy => e.EndedBy;

        public float[] Samples { get; } = e.Samples.ToArray();
    }
}
