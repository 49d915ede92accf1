using System.Globalization;
using Speech.Audio.Pcm;
using Speech.Audio.Wav;

namespace Speech.Audio.Tests.Wav;

public sealed class WavTests
{
    [Theory]
    [InlineData(1, 8)]
    [InlineData(1, 16)]
    [InlineData(1, 24)]
    [InlineData(1, 32)]
    [InlineData(3, 32)]
    [InlineData(3, 64)]
    public void Every_format_is_read_plain_and_extensible_mono_and_stereo(int tag, int bits)
    {
        // -1/2, 1/4 and 0 on the left; the same on the right but for the sign.
        float[] left = [-0.5f, 0.25f, 0];
        foreach (var extensible in (bool[])[false, true])
        {
            var mono =
                new WavVector { Tag = tag, Bits = bits, Extensible = extensible, Data = [.. left.SelectMany(x => Sample(x, tag, bits))] };
            Read(mono).ShouldBe(left);

            var stereo = mono with { Channels = 2, Data = [.. left.SelectMany(x => Sample(x, tag, bits).Concat(Sample(-x, tag, bits)))] };
            Read(stereo).ShouldBe([0, 0, 0]);
        }
    }

    [Fact]
    public void Sixty_four_channels_at_any_rate_are_mixed_to_one()
    {
        var vector = new WavVector { Channels = 64, SampleRate = 192_000, Tag = 3, Bits = 64, Data = [.. Enumerable.Range(0, 64).SelectMany(i => Sample(i / 64f, 3, 64))] };
        var reader = Open(vector);

        reader.Format.ShouldBe(new WavFormat(SampleFormat.F64, 64, 192_000));
        reader.Frames.ShouldBe(1);
        Read(vector).ShouldBe([31.5f / 64]);
    }

    [Fact]
    public void Unknown_chunks_are_passed_over_with_their_pad_byte()
    {
        byte[] odd = [.. "LIST"u8, 3, 0, 0, 0, 1, 2, 3, 0];
        Read(new WavVector { OtherChunk = odd, Data = [0, 0x40] }).ShouldBe([0.5f]);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(0x7FFF_F000u)]
    [InlineData(0x7FFF_FFDBu)]
    [InlineData(0x7FFF_FFFFu)]
    [InlineData(0x8000_0000u)]
    [InlineData(uint.MaxValue - 36)]
    [InlineData(uint.MaxValue)]
    public void A_streamed_file_without_a_length_is_read_to_its_end(uint length)
    {
        var vector = new WavVector { DataLength = length, Data = [0, 0x40, 0, 0x20] };
        var reader = Open(vector);

        reader.Frames.ShouldBeNull();
        Read(vector, truncated: false).ShouldBe([0.5f, 0.25f]);
    }

    [Theory]
    [InlineData("RF64")]
    [InlineData("BW64")]
    public void Long_files_say_their_length_in_64_bits(string form)
    {
        var vector = new WavVector { Form = form, Data = [0, 0x40, 0, 0x20, 1, 2, 3, 4], DataLength = uint.MaxValue };

        Read(vector with { LongDataLength = 4 }).ShouldBe([0.5f, 0.25f]);
        Read(vector with { LongDataLength = 1L << 40 }, truncated: true).Length.ShouldBe(4);
        foreach (var unknown in (long[])[0, -1])
        {
            var streamed = vector with { LongDataLength = unknown };
            Open(streamed).Frames.ShouldBeNull();
            Read(streamed).Length.ShouldBe(4);
        }
        // A short one may say it in the usual place.
        Read(vector with { LongDataLength = 1L << 40, DataLength = 2 }).ShouldBe([0.5f]);
    }

    [Fact]
    public void Telephony_is_read_as_ffmpeg_reads_it()
    {
        // All 256 codes, and what they stand for in 16 bit.
        foreach (var (tag, name) in ((int, string)[])[(6, "alaw"), (7, "mulaw")])
        {
            short[] expected = [.. File.ReadLines(Vector($"{name}.txt")).Select(line => short.Parse(line, CultureInfo.InvariantCulture))];
            var codes = new WavVector { Tag = tag, Bits = 8, Data = [.. Enumerable.Range(0, 256).Select(i => (byte)i)], SampleRate = 8000 };
            foreach (var vector in (WavVector[])[codes, codes with { Extensible = true }, codes with { Bits = 0, BlockAlign = 1 }])
                Read(vector).ShouldBe([.. expected.Select(x => x / 32768f)]);
        }
    }

    [Fact]
    public void Telephony_is_written_to_within_half_a_step()
    {
        var decoded = new float[256];
        byte[] codes = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];
        for (var law = 0; law < 2; law++)
        {
            if (law == 0)
                G711.MuLawToFloat(codes, decoded);
            else
                G711.ALawToFloat(codes, decoded);
            for (var sample = (int)short.MinValue; sample <= short.MaxValue; sample += 7)
            {
                var code = law == 0 ? G711.EncodeMuLaw((short)sample) : G711.EncodeALaw((short)sample);
                var error = Math.Abs(decoded[code] - sample / 32768f);
                // Half a step, but for the loudest, which are clipped.
                error.ShouldBeLessThanOrEqualTo(Math.Abs(sample) > 32_124 ? 0.02f : ((Math.Abs(sample) + 132) / 32f + 4) / 32768f);
            }
        }
    }

    [Fact]
    public void A_writer_may_leave_out_what_follows_from_the_rest()
    {
        Read(new WavVector { BlockAlign = 0, Data = [0, 0x40] }).ShouldBe([0.5f]);
        // An odd chunk without its pad byte, and one whose pad byte is no zero.
        Read(new WavVector { OtherChunk = [.. "LIST"u8, 3, 0, 0, 0, 1, 2, 3], Data = [0, 0x40] }).ShouldBe([0.5f]);
        Read(new WavVector { OtherChunk = [.. "bext"u8, 3, 0, 0, 0, 1, 2, 3, (byte)'x'], Data = [0, 0x40] }).ShouldBe([0.5f]);
    }

    [Fact]
    public void What_follows_the_data_is_not_sound()
    {
        Read(new WavVector { Data = [0, 0x40, 1, 2, 3, 4], DataLength = 2 }).ShouldBe([0.5f]);
    }

    [Fact]
    public void A_truncated_file_gives_what_it_has_and_says_so()
    {
        Read(new WavVector { Data = [0, 0x40, 0], DataLength = 1000 }, truncated: true).ShouldBe([0.5f]);
        Read(new WavVector { Data = [0, 0x40], DataLength = 0x9000_0000 }, truncated: true).ShouldBe([0.5f]);
    }

    [Fact]
    public void Long_files_are_read_in_blocks_of_any_size()
    {
        var samples = Signals.Noise(50_000);
        using var memory = new MemoryStream();
        WavWriter.Write(memory, samples, 44_100, SampleFormat.F32);
        memory.Position = 0;
        var reader = WavReader.Open(memory);
        var all = new List<float>();
        var block = new float[7777];
        while (reader.Read(block) is var read and > 0)
            all.AddRange(block[..read]);

        all.ShouldBe(samples);
        reader.Format.SampleRate.ShouldBe(44_100);
        reader.IsTruncated.ShouldBeFalse();
    }

    [Fact]
    public void What_the_writer_wrote_in_16_bit_is_within_half_a_step()
    {
        float[] samples = [.. Signals.Noise(5000), 1, -1, 2, -2];
        using var memory = new MemoryStream();
        WavWriter.Write(memory, samples);
        memory.Position = 0;
        var back = new float[samples.Length];
        WavReader.Open(memory).Read(back).ShouldBe(samples.Length);

        for (var i = 0; i < samples.Length; i++)
            back[i].ShouldBe(Math.Clamp(samples[i], -1f, 32767 / 32768f), 0.50001f / 32768);
    }

    public static TheoryData<byte[], string> Unreadable => new()
    {
        { [], "not begin with RIFF" },
        { [.. "RIFF"u8, 0, 0, 0, 0, .. "AVI "u8], "not begin with RIFF" },
        { [.. "RIFF"u8, 0, 0, 0, 0, .. "WAVE"u8], "no format chunk" },
        { new WavVector().ToBytes()[..40], "no data chunk" },
        { [.. "RIFF"u8, 0, 0, 0, 0, .. "WAVEdata"u8, 4, 0, 0, 0, 0, 0, 0, 0], "before their format" },
        { [.. "RIFF"u8, 0, 0, 0, 0, .. "WAVEfmt "u8, 4, 0, 0, 0, 0, 0, 0, 0], "has 4 bytes" },
        { [.. "RIFF"u8, 0, 0, 0, 0, .. "WAVEfmt "u8, 0xff, 0xff, 0xff, 0xff], "has 4294967295 bytes" },
        { [.. "RIFF"u8, 0, 0, 0, 0, .. "WAVEfmt "u8, 16, 0, 0, 0, 1, 0], "ends within its format" },
        { [.. "RIFF"u8, 0, 0, 0, 0, .. "WAVEskip"u8, 0xff, 0xff, 0xff, 0xff, 1], "no format chunk" },
        { new WavVector { Channels = 0 }.ToBytes(), "0 channels" },
        { new WavVector { Channels = 65 }.ToBytes(), "65 channels" },
        { new WavVector { SampleRate = 999 }.ToBytes(), "999 Hz" },
        { new WavVector { SampleRate = uint.MaxValue }.ToBytes(), "4294967295 Hz" },
        { new WavVector { Bits = 12, BlockAlign = 2 }.ToBytes(), "12 bit" },
        { new WavVector { Tag = 0x11, Bits = 4, BlockAlign = 256 }.ToBytes(), "IMA ADPCM, tag 17" },
        { new WavVector { Tag = 0x55, Bits = 0, BlockAlign = 1 }.ToBytes(), "MP3, tag 85" },
        { new WavVector { Extensible = true, SubFormatEnd = [1, 2, 3, 4, 5, 6, 7, 8] }.ToBytes(), "sub-format 00000001-0000-0010-0102-030405060708" },
        { [.. "RF64"u8, 255, 255, 255, 255, .. "WAVEds64"u8, 8, 0, 0, 0], "has 8 bytes" },
        { [.. "RF64"u8, 255, 255, 255, 255, .. "WAVEds64"u8, 28, 0, 0, 0, 1], "ends within its chunk of long lengths" },
        { new WavVector { BlockAlign = 3 }.ToBytes(), "take 3 bytes instead of 2" },
    };

    [Theory]
    [MemberData(nameof(Unreadable))]
    public void An_absurd_header_is_a_clear_error(byte[] file, string because)
    {
        Should.Throw<AudioFormatException>(() => WavReader.Open(new MemoryStream(file))).Message.ShouldContain(because);
    }

    private static string Vector(string name) => Path.Combine(Path.GetDirectoryName(Recordings.OpusFromOpusenc)!, name);

    private static WavReader Open(WavVector vector) => WavReader.Open(new MemoryStream(vector.ToBytes()));

    private static float[] Read(WavVector vector, bool truncated = false)
    {
        var reader = Open(vector);
        var samples = new float[300];
        var read = reader.Read(samples);
        reader.Read(samples.AsSpan(read)).ShouldBe(0);
        reader.IsTruncated.ShouldBe(truncated);
        return samples[..read];
    }

    private static byte[] Sample(float x, int tag, int bits) => (tag, bits) switch
    {
        (1, 8) => [(byte)(x * 128 + 128)],
        (1, 16) => BitConverter.GetBytes((short)(x * 32768)),
        (1, 24) => BitConverter.GetBytes((int)(x * 8388608))[..3],
        (1, 32) => BitConverter.GetBytes((int)(x * 2147483648L)),
        (3, 32) => BitConverter.GetBytes(x),
        _ => BitConverter.GetBytes((double)x),
    };
}
