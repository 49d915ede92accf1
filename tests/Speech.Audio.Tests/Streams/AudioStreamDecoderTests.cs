using System.Buffers;
using System.Runtime.InteropServices;
using Speech.Audio.Ogg;
using Speech.Audio.Opus;
using Speech.Audio.Resampling;
using Speech.Audio.Streams;
using Speech.Audio.Tests.Opus;

namespace Speech.Audio.Tests.Streams;

public sealed class AudioStreamDecoderTests
{
    [Fact]
    public void What_is_no_codec_is_told_of() =>
        Should.Throw<ArgumentOutOfRangeException>(() => AudioStreamDecoder.Create("mp3")).ParamName.ShouldBe("codec");

    [Fact]
    public void Opus_packets_are_decoded_message_by_message_and_broken_ones_keep_their_time()
    {
        var (packets, _) = OpusCodecTests.Encode(Recordings.Speech(1), new OpusEncoderOptions());
        packets[10] = [];
        packets[20] = [0xff];
        using var decoder = AudioStreamDecoder.Create("opus");

        var pcm = Signals.Collect(output => packets.ForEach(packet => decoder.Decode(packet, output)));

        pcm.Length.ShouldBe(16_000);
        decoder.DamagedParts.ShouldBe(1);
    }

    [Fact]
    public void An_empty_message_of_opus_stands_for_20_ms_whatever_the_packets_last()
    {
        foreach (var milliseconds in (int[])[10, 20, 60])
        {
            var (packets, _) = OpusCodecTests.Encode(Recordings.Speech(1.2), new OpusEncoderOptions { FrameMilliseconds = milliseconds });
            using var decoder = AudioStreamDecoder.Create("opus");

            var pcm = Signals.Collect(output =>
            {
                decoder.Decode([], output);
                packets.ForEach(packet => decoder.Decode(packet, output));
                decoder.Decode([], output);
                decoder.Decode([], output);
                decoder.Complete(output);
            });

            pcm.Length.ShouldBe(packets.Count * milliseconds * 16 + 3 * 320);
            decoder.DamagedParts.ShouldBe(0);
        }
    }

    [Theory]
    [InlineData("opus", 50, "None of the first 50 messages is an Opus packet")]
    [InlineData("opus", 1, "None of the first 1 messages is an Opus packet")]
    [InlineData("ogg_opus", 3, "None of the 300 bytes is Ogg Opus")]
    public void What_holds_no_audio_at_all_is_an_error_at_the_latest_at_its_end(string codec, int messages, string because)
    {
        using var decoder = AudioStreamDecoder.Create(codec);
        var noise = new byte[100];
        noise.AsSpan().Fill(0xff);

        Should.Throw<AudioFormatException>(() => Signals.Collect(output =>
        {
            for (var i = 0; i < messages; i++)
                decoder.Decode(noise, output);
            decoder.Complete(output);
        })).Message.ShouldContain(because);
    }

    [Fact]
    public void Silence_of_a_sender_that_said_nothing_yet_is_no_error()
    {
        foreach (var codec in AudioStreamDecoder.Codecs)
        {
            using var decoder = AudioStreamDecoder.Create(codec);
            Signals.Collect(decoder.Complete).ShouldBeEmpty();
        }
    }

    [Theory]
    [InlineData("pcm_s16le")]
    [InlineData("pcm_f32le")]
    public void Pcm_may_be_cut_inside_samples(string codec)
    {
        var speech = Recordings.Speech(1);
        byte[] bytes = codec == "pcm_f32le"
            ? MemoryMarshal.AsBytes(speech.AsSpan()).ToArray()
            : MemoryMarshal.AsBytes<short>(speech.Select(x => (short)(x * 32768)).ToArray()).ToArray();
        foreach (var largest in (int[])[1, 3, 1000, 20_000])
        {
            using var decoder = AudioStreamDecoder.Create(codec);
            var pcm = Signals.Collect(output =>
            {
                foreach (var piece in Signals.Pieces(bytes.Length, 3, largest))
                    decoder.Decode(bytes.AsSpan(piece), output);
                decoder.Complete(output);
            });
            pcm.ShouldBe(speech);
        }
    }

    [Theory]
    [InlineData("pcm_s16le", 2)]
    [InlineData("pcm_s16le", 5)]
    [InlineData("pcm_f32le", 8)]
    public void Channels_of_pcm_are_mixed_wherever_messages_cut_their_frames(string codec, int channels)
    {
        var speech = Recordings.Speech(1);
        float[] interleaved = [.. speech.SelectMany(x => Enumerable.Repeat(x, channels))];
        byte[] bytes = codec == "pcm_f32le"
            ? MemoryMarshal.AsBytes(interleaved.AsSpan()).ToArray()
            : MemoryMarshal.AsBytes<short>(interleaved.Select(x => (short)(x * 32768)).ToArray()).ToArray();
        foreach (var largest in (int[])[1, 3, 1000, 40_000])
        {
            using var decoder = AudioStreamDecoder.Create(codec, channels: channels);
            var pcm = Signals.Collect(output =>
            {
                foreach (var piece in Signals.Pieces(bytes.Length, 3, largest))
                    decoder.Decode(bytes.AsSpan(piece), output);
                decoder.Complete(output);
            });
            pcm.ShouldBe(speech, 1e-6);
        }
        Should.Throw<AudioFormatException>(() => AudioStreamDecoder.Create(codec, channels: 9));
    }

    [Fact]
    public void Pcm_at_another_rate_is_resampled()
    {
        var at48 = Resampler.Resample(Recordings.Speech(2), 16_000, 48_000);
        using var decoder = AudioStreamDecoder.Create("pcm_f32le", 48_000);

        var pcm = Signals.Collect(output =>
        {
            foreach (var message in at48.Chunk(960))
                decoder.Decode(MemoryMarshal.AsBytes(message.AsSpan()), output);
            decoder.Complete(output);
        });

        pcm.ShouldBe(Resampler.Resample(at48, 48_000, 16_000));
    }

    [Fact]
    public void Floats_that_are_no_sound_do_no_harm()
    {
        float[] bad = [float.NaN, float.PositiveInfinity, 1e30f, -5, 0.5f];
        using var decoder = AudioStreamDecoder.Create("pcm_f32le");

        Signals.Collect(output => decoder.Decode(MemoryMarshal.AsBytes(bad.AsSpan()), output)).ShouldBe([0, 0, 1, -1, 0.5f]);
    }

    [Fact]
    public void Ogg_Opus_may_be_cut_anywhere()
    {
        var file = Signals.CollectBytes(output => OggOpusWriter.WriteFile(output, Recordings.Speech(1)));
        using var decoder = AudioStreamDecoder.Create("ogg_opus");

        var pcm = Signals.Collect(output =>
        {
            foreach (var piece in Signals.Pieces(file.Length, 3, 100))
                decoder.Decode(file.AsSpan(piece), output);
        });

        pcm.Length.ShouldBe(16_000);
        decoder.DamagedParts.ShouldBe(0);
    }

    [Fact]
    public void A_message_that_is_too_large_is_refused()
    {
        foreach (var codec in AudioStreamDecoder.Codecs)
        {
            using var decoder = AudioStreamDecoder.Create(codec, limits: new AudioStreamLimits { MaxMessageBytes = 1000 });
            Should.Throw<AudioFormatException>(() => decoder.Decode(new byte[1001], new ArrayBufferWriter<float>())).Message
                .ShouldContain("1001 bytes");
        }
    }

    [Fact]
    public void A_small_message_that_stands_for_hours_is_refused_before_it_fills_the_memory()
    {
        // Two frames of 60 ms, no data: 120 ms in two bytes.
        var bomb = Signals.CollectBytes(output =>
        {
            var writer = new OggOpusWriter(output, new OpusHead(1, 0, 16_000, 0), 1, packetsPerPage: 255);
            for (var i = 0; i < 100_000; i++)
                writer.WritePacket([(3 << 3) | 3, 2]);
            writer.Complete();
        });
        using var decoder = AudioStreamDecoder.Create("ogg_opus");
        var output = new ArrayBufferWriter<float>();

        bomb.Length.ShouldBeLessThan(1024 * 1024);
        Should.Throw<AudioFormatException>(() => decoder.Decode(bomb, output)).Message.ShouldContain("more than 120 s");
        output.WrittenCount.ShouldBeLessThanOrEqualTo(120 * 16_000);
    }

    [Fact]
    public void Decoding_allocates_nothing_per_message()
    {
        var (packets, _) = OpusCodecTests.Encode(Recordings.Speech(4), new OpusEncoderOptions());
        using var opus = AudioStreamDecoder.Create("opus");
        using var pcm = AudioStreamDecoder.Create("pcm_s16le", 48_000);
        var output = new ArrayBufferWriter<float>(16 * 1024);
        var message = new byte[1921];
        Run(10);

        Allocation.Of(() => Run(packets.Count)).ShouldBe(0);

        void Run(int messages)
        {
            for (var i = 0; i < messages; i++)
            {
                output.ResetWrittenCount();
                opus.Decode(packets[i], output);
                pcm.Decode(message, output);
            }
        }
    }
}
