using FsCheck;
using FsCheck.Fluent;
using Speech.Audio.Segmentation;

namespace Speech.Audio.Tests.Segmentation;

/// <summary>What holds for every sequence of probabilities, flushes and sensible options.</summary>
public sealed class SegmenterPropertyTests
{
    /// <param name="Remainder">Samples flushed after the windows, or -1 for no flush.</param>
    private sealed record Stretch(float Probability, int Windows, int Remainder);

    [Fact]
    public void Segments_are_ordered_whole_bounded_and_hold_all_speech()
    {
        var stretches = (from probability in Gen.Elements(0f, 0.2f, 0.34f, 0.36f, 0.49f, 0.5f, 0.9f, 1f, float.NaN)
                         from windows in Gen.Choose(1, 40)
                         from remainder in Gen.Frequency((8, Gen.Constant(-1)), (1, Gen.Choose(0, 511)))
                         select new Stretch(probability, windows, remainder)).ListOf();
        var options = from silence in Gen.Elements(0.032, 0.1, 0.3, 0.7)
                      from tail in Gen.Elements(0.0, 0.03, 0.3)
                      from preRoll in Gen.Elements(0.0, 0.1, 0.3)
                      from minSpeech in Gen.Elements(0.0, 0.1, 0.25)
                      from maximum in Gen.Elements(1.5, 2.0, 3.1)
                      select new SegmenterOptions
                      {
                          SilenceSeconds = silence,
                          TailSeconds = Math.Min(tail, silence),
                          PreRollSeconds = preRoll,
                          MinSpeechSeconds = minSpeech,
                          MaxSegmentSeconds = maximum,
                          CutSearchSeconds = 0.7,
                      };
        var cases = from s in stretches from o in options from start in Gen.Elements(0L, 123_456_789_012L) select (s, o, start);
        Check.One(
            Config.QuickThrowOnFailure.WithReplay(7, 9).WithMaxTest(1500),
            Prop.ForAll(Arb.From(cases), x => Verify([.. x.s], x.o, x.start)));
    }

    private static void Verify(Stretch[] stretches, SegmenterOptions options, long startSample)
    {
        using var segmenter = new Segmenter(options, firstSegment: 3, startSample);
        var (nextSegment, lastEnd, committed) = (3L, startSample, startSample);
        SegmenterEvent? started = null;
        var covered = new List<(long Start, long End)>();
        var runs = new List<(long Start, long End)>();
        (long Start, long End)? run = null;
        var window = new float[512];

        foreach (var stretch in stretches)
        {
            for (var i = 0; i < stretch.Windows; i++)
            {
                Fill(window, segmenter.Position);
                Heard(window.Length, stretch.Probability);
                segmenter.Push(window, stretch.Probability);
                CheckEvents();
            }
            if (stretch.Remainder < 0)
                continue;
            var remainder = window.AsSpan(0, stretch.Remainder);
            Fill(remainder, segmenter.Position);
            Heard(remainder.Length, stretch.Probability);
            segmenter.Flush(remainder, stretch.Probability);
            EndRun();
            CheckEvents();
            started.ShouldBeNull();
            segmenter.TrySnapshot(out _).ShouldBeFalse();
        }
        segmenter.Flush();
        EndRun();
        CheckEvents();
        started.ShouldBeNull();

        foreach (var (start, end) in runs)
        {
            var at = start;
            foreach (var segment in covered.Where(s => s.Start <= at && s.End > at))
                at = segment.End;
            at.ShouldBeGreaterThanOrEqualTo(end, $"speech {start}..{end} is not all in segments");
        }

        void CheckEvents()
        {
            while (segmenter.TryRead(out var e))
            {
                e.Segment.ShouldBe(nextSegment);
                e.StartSample.ShouldBeGreaterThanOrEqualTo(lastEnd);
                if (e.Kind == SegmenterEventKind.SpeechStarted)
                {
                    started.ShouldBeNull();
                    // Nothing that was said to be committed comes up again.
                    e.StartSample.ShouldBeGreaterThanOrEqualTo(committed);
                    started = e;
                    continue;
                }
                started!.Value.StartSample.ShouldBe(e.StartSample);
                started = null;
                nextSegment++;
                e.EndSample.ShouldBeGreaterThan(e.StartSample);
                e.EndSample.ShouldBeLessThanOrEqualTo(segmenter.Position);
                (e.EndSample - e.StartSample).ShouldBeLessThanOrEqualTo((long)(options.MaxSegmentSeconds * 16_000));
                e.Samples.Length.ShouldBe((int)(e.EndSample - e.StartSample));
                var expected = new float[e.Samples.Length];
                Fill(expected, e.StartSample);
                Assert.True(expected.AsSpan().SequenceEqual(e.Samples.Span));
                lastEnd = e.EndSample;
                covered.Add((e.StartSample, e.EndSample));
            }
            segmenter.CommittedUntilSample.ShouldBeGreaterThanOrEqualTo(committed);
            segmenter.CommittedUntilSample.ShouldBeLessThanOrEqualTo(segmenter.Position);
            committed = segmenter.CommittedUntilSample;
            if (!segmenter.TrySnapshot(out var open))
                return;
            open.Segment.ShouldBe(nextSegment);
            open.StartSample.ShouldBe(started!.Value.StartSample);
            committed.ShouldBe(open.StartSample);
            open.EndSample.ShouldBeLessThanOrEqualTo(segmenter.Position);
            open.Samples.Length.ShouldBe((int)(open.EndSample - open.StartSample));
        }

        void Heard(int samples, float probability)
        {
            if (probability >= options.Threshold)
                run = (run?.Start ?? segmenter.Position, segmenter.Position + samples);
            else
                EndRun();
        }

        void EndRun()
        {
            if (run is { } r && r.End > r.Start && r.End - r.Start >= options.MinSpeechSeconds * 16_000)
                runs.Add(r);
            run = null;
        }
    }

    /// <summary>Each position has its own value, so that samples in the wrong place show.</summary>
    private static void Fill(Span<float> samples, long position)
    {
        for (var i = 0; i < samples.Length; i++)
            samples[i] = (uint)((position + i) * 2654435761) / 4294967296f - 0.5f;
    }
}
