using Speech.Audio;
using Speech.Audio.Segmentation;
using Speech.Audio.Streams;
using Speech.Contracts.Client;
using Speech.Contracts.Sessions;
using Speech.Gateway.Audio;
using Speech.Gateway.Tests.Support;
using Speech.Vad;

namespace Speech.Gateway.Tests.Audio;

public sealed class AudioPipelineTests
{
    private static readonly SileroVad Vad = VoiceDetector.Load(Checkout.Path("shared/models"));

    [Fact]
    public void A_packet_of_a_live_stream_costs_no_allocation()
    {
        using var pipeline = Create(AudioCodec.Opus);
        var packets = TestAudio.Encode(TestAudio.Silence(2), AudioCodec.Opus);
        Run();
        Allocation.Of(Run).ShouldBe(0);

        void Run()
        {
            foreach (var packet in packets)
            {
                pipeline.Decode(packet);
                while (pipeline.TryRead(out _))
                    continue;
            }
        }
    }

    [Fact]
    public void How_the_audio_is_cut_into_messages_makes_no_difference()
    {
        var bytes = TestAudio.Pcm16(TestAudio.Jfk);
        var whole = Segments([bytes]);
        whole.Count.ShouldBeGreaterThan(1);
        Segments(bytes.Chunk(1)).ShouldBe(whole);
        Segments(bytes.Chunk(1023)).ShouldBe(whole);
        Segments(bytes.Chunk(100_001)).ShouldBe(whole);

        static List<(long, long, long)> Segments(IEnumerable<byte[]> messages)
        {
            using var pipeline = Create(AudioCodec.PcmS16Le);
            var segments = new List<(long, long, long)>();
            foreach (var message in messages)
            {
                pipeline.Decode(message);
                Read();
            }
            pipeline.Complete();
            Read();
            return segments;

            void Read()
            {
                while (pipeline.TryRead(out var next))
                {
                    if (next.Kind == SegmenterEventKind.SegmentCompleted)
                        segments.Add((next.Segment, next.StartSample, next.EndSample));
                }
            }
        }
    }

    [Fact]
    public void Every_codec_of_the_protocol_has_a_decoder_and_no_other() =>
        Enum.GetValues<AudioCodec>().Select(codec => codec.ToWireName()).ShouldBe(AudioStreamDecoder.Codecs, ignoreOrder: true);

    [Theory]
    [InlineData(AudioCodec.Opus)]
    [InlineData(AudioCodec.OggOpus)]
    [InlineData(AudioCodec.PcmS16Le)]
    [InlineData(AudioCodec.PcmF32Le)]
    public void Whatever_bytes_come_the_worst_is_a_format_error(AudioCodec codec)
    {
        var random = new Random(20261120);
        var genuine = TestAudio.Encode(TestAudio.Phrase, codec);
        for (var round = 0; round < 40; round++)
        {
            using var pipeline = Create(codec);
            try
            {
                foreach (var message in genuine)
                {
                    var bytes = message.ToArray();
                    if (random.Next(4) == 0)
                        random.NextBytes(bytes.AsSpan(random.Next(bytes.Length)));
                    pipeline.Decode(bytes.AsSpan(0, random.Next(bytes.Length + 1)));
                    while (pipeline.TryRead(out var next))
                        next.Samples.Length.ShouldBeLessThanOrEqualTo(28 * 16000);
                    if (random.Next(50) == 0)
                        pipeline.Flush();
                }
                pipeline.Complete();
                while (pipeline.TryRead(out _))
                    continue;
            }
            catch (AudioFormatException e)
            {
                e.Message.ShouldNotBeEmpty();
            }
        }
    }

    [Fact]
    public void The_numbers_and_times_of_a_client_that_comes_back_go_on()
    {
        using var pipeline = Create(AudioCodec.PcmS16Le, firstSegment: 7, start: new ResumePoint(10, default));
        pipeline.Decode(TestAudio.Pcm16(TestAudio.Phrase));
        pipeline.Complete();
        pipeline.TryRead(out var started).ShouldBeTrue();
        started.Segment.ShouldBe(7);
        started.StartSeconds.ShouldBeGreaterThanOrEqualTo(10.0);
    }

    private static AudioPipeline Create(AudioCodec codec, long firstSegment = 0, ResumePoint start = default) => new(
        Vad,
        new SessionParameters { ClientId = "test", Codec = codec, SampleRate = 16000 },
        new SegmenterOptions(),
        new AudioStreamLimits(),
        firstSegment,
        start);
}
