using Speech.Audio.Files;
using Speech.Audio.Segmentation;
using Speech.Audio.Streams;
using Speech.Contracts.Sessions;
using Speech.Gateway.Audio;
using Speech.Gateway.Tests.Support;
using Speech.Vad;

namespace Speech.Gateway.Tests.Audio;

public sealed class QuietSpeechTests
{
    private static readonly SileroVad Vad = VoiceDetector.Load(Checkout.Path("shared/models"));

    /// <summary>Six people who spell and count, as recorded, with a second of faint noise after each.</summary>
    private static readonly float[][] People =
    [
        .. Directory.GetFiles(Checkout.Path("shared/recordings/an4"), "*.wav").Order(StringComparer.Ordinal).Where((_, i) => i % 10 == 0)
            .Select(file => AudioFile.Load(file).Samples),
    ];

    [Theory]
    [InlineData(-20, 0.8)]
    [InlineData(-30, 0.8)]
    [InlineData(-40, 0.8)]
    [InlineData(-50, 0.7)] // of 16 bits, two to eight are left there
    public void Speech_far_below_the_usual_level_is_heard_too(int decibels, double share)
    {
        var gain = MathF.Pow(10, decibels / 20f);
        var (usual, quiet) = (People.Sum(Spoken), People.Sum(person => Spoken([.. person.Select(sample => gain * sample)])));
        quiet.ShouldBeInRange(share * usual, 1.15 * usual);
    }

    [Trait("Speed", "Slow")]
    [Fact]
    public void A_segment_that_is_quiet_throughout_is_raised_for_its_16_bits_and_others_are_left_as_they_are()
    {
        var usual = People[0];
        SegmentAudio.ToPcm(usual).ShouldBe(TestAudio.Pcm16(usual));
        var raised = SegmentAudio.ToPcm([.. usual.Select(sample => 0.001f * sample)]);
        TestAudio.Pcm16(usual.Select(sample => sample * 0.001f * Math.Min(100, 0.25f / (0.001f * usual.Max(MathF.Abs)))).ToArray())
            .ShouldBe(raised);
        SegmentAudio.ToPcm(new float[100]).ShouldBe(new byte[200]);
    }

    [Fact]
    public void At_the_usual_level_the_detector_hears_what_it_always_heard()
    {
        var levelled = new LevelledVad(Vad);
        var (state, plain) = (new LevelledVadState(), new SileroVadState());
        var heard = TestAudio.Jfk.Chunk(512).Where(window => window.Length == 512)
            .Select(window => (Levelled: levelled.Process(state, window), Plain: Vad.Process(plain, window))).ToArray();
        heard.Skip(60).ShouldAllBe(pair => pair.Levelled == pair.Plain, "after the first words the level is known");
    }

    [Fact]
    public void What_is_no_number_leaves_the_level_as_it_was()
    {
        var levelled = new LevelledVad(Vad);
        var state = new LevelledVadState();
        levelled.Process(state, Enumerable.Repeat(float.NaN, 512).ToArray()).ShouldBe(0);
        var saved = new byte[LevelledVadState.ByteCount];
        state.Write(saved);
        new LevelledVadState().TryRead(saved).ShouldBeTrue();
    }

    /// <summary>Seconds in segments.</summary>
    private static double Spoken(float[] samples)
    {
        using var pipeline = new AudioPipeline(
            Vad,
            new SessionParameters { ClientId = "test", Codec = AudioCodec.PcmS16Le, SampleRate = 16000 },
            new SegmenterOptions(),
            new AudioStreamLimits(),
            0,
            default);
        pipeline.Decode(TestAudio.Pcm16(samples));
        pipeline.Complete();
        var seconds = 0.0;
        while (pipeline.TryRead(out var next))
        {
            if (next.Kind == SegmenterEventKind.SegmentCompleted)
                seconds += next.EndSeconds - next.StartSeconds;
        }
        return seconds;
    }
}
