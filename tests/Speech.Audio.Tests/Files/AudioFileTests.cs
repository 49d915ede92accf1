using System.Runtime.InteropServices;
using Speech.Audio.Files;
using Speech.Audio.Ogg;
using Speech.Audio.Pcm;
using Speech.Audio.Resampling;
using Speech.Audio.Tests.Wav;
using Speech.Audio.Wav;

namespace Speech.Audio.Tests.Files;

public sealed class AudioFileTests
{
    [Fact]
    public void A_recording_is_loaded_from_wav_opus_and_raw_pcm_alike()
    {
        var speech = Recordings.Speech();
        var opus = Signals.CollectBytes(output => OggOpusWriter.WriteFile(output, speech));
        var raw = MemoryMarshal.AsBytes<short>(speech.Select(x => (short)(x * 32768)).ToArray()).ToArray();

        var wav = AudioFile.Load(Recordings.Jfk);
        wav.Container.ShouldBe(AudioContainer.Wav);
        wav.Duration.ShouldBe(TimeSpan.FromSeconds(11));
        (wav.SourceSampleRate, wav.SourceChannels, wav.Warnings.Count).ShouldBe((16_000, 1, 0));
        Load(raw, "jfk.RAW").Samples.ShouldBe(speech);
        Load(raw, "jfk.bin", new AudioFileOptions { RawFormat = SampleFormat.S16 }).Samples.ShouldBe(speech);
        Load(MemoryMarshal.AsBytes(speech.AsSpan()).ToArray(), "jfk.f32").Samples.ShouldBe(speech);
        var decoded = Load(opus, "whatever");
        decoded.Container.ShouldBe(AudioContainer.OggOpus);
        decoded.Samples.Length.ShouldBe(speech.Length);
        Signals.Snr(speech, decoded.Samples).ShouldBeGreaterThan(8);
    }

    [Fact]
    public void Other_rates_are_resampled()
    {
        var at44 = Resampler.Resample(Recordings.Speech(2), 16_000, 44_100);
        using var memory = new MemoryStream();
        WavWriter.Write(memory, at44, 44_100, SampleFormat.F32);
        var bytes = memory.ToArray();

        var clip = Load(bytes, "a.wav");
        clip.SourceSampleRate.ShouldBe(44_100);
        clip.Samples.ShouldBe(Resampler.Resample(at44, 44_100, 16_000));
        Load(bytes[44..], "a.f32", new AudioFileOptions { RawSampleRate = 44_100 }).Samples.ShouldBe(clip.Samples);
    }

    [Fact]
    public void Damage_is_reported_beside_what_could_be_read()
    {
        Load(new WavVector { Data = [0, 0x40], DataLength = 100 }.ToBytes(), "a.wav").Warnings.ShouldHaveSingleItem()
            .ShouldContain("truncated");

        var opus = Signals.CollectBytes(output => OggOpusWriter.WriteFile(output, Recordings.Speech()));
        opus[opus.Length / 2] ^= 1;
        var clip = Load(opus, "a.opus");
        clip.Warnings.Count.ShouldBe(2);
        clip.Samples.Length.ShouldBe(11 * 16_000);
    }

    [Fact]
    public void Longer_recordings_than_allowed_are_refused()
    {
        var options = new AudioFileOptions { MaxDuration = TimeSpan.FromSeconds(5) };
        Should.Throw<AudioFormatException>(() => AudioFile.Load(Recordings.Jfk, options)).Message.ShouldContain("longer than 00:00:05");
    }

    [Theory]
    [InlineData("fLaC", "FLAC")]
    [InlineData("ID3", "MP3")]
    [InlineData("\0\0\0\u0018ftypM4A ", "MP4")]
    [InlineData("RIFX", "big-endian WAV")]
    [InlineData("what?", "not known")]
    [InlineData("", "empty")]
    public void Other_formats_are_named_with_the_way_out(string start, string kind)
    {
        var message = Should.Throw<AudioFormatException>(() => Load([.. start.Select(c => (byte)c)], "song.xyz")).Message;
        message.ShouldContain("song.xyz");
        message.ShouldContain(kind);
        message.ShouldContain("ffmpeg");
    }

    [Fact]
    public void Ogg_without_Opus_is_told_so()
    {
        var vorbis = Signals.CollectBytes(output =>
        {
            var writer = new OggStreamWriter(output, 1);
            writer.WritePacket("\x01vorbis"u8, 0);
            writer.FlushPage();
            writer.WritePacket("\x03vorbis"u8, 0);
            writer.FlushPage();
        });
        Should.Throw<AudioFormatException>(() => Load(vorbis, "a.ogg")).Message.ShouldContain("This is Ogg Vorbis");
    }

    private static AudioClip Load(byte[] bytes, string name, AudioFileOptions? options = null) =>
        AudioFile.Load(new MemoryStream(bytes), name, options);

    [Fact]
    public void A_stereo_file_with_one_channel_inverted_is_heard_with_a_warning()
    {
        var clip = AudioFile.Load(Recordings.Vector("stereo-antiphase.wav"));
        Math.Sqrt(Signals.Energy(clip.Samples) / clip.Samples.Length).ShouldBeGreaterThan(0.01);
        clip.Warnings.ShouldHaveSingleItem().ShouldContain("cancel each other");
    }

    [Fact]
    public void A_file_of_floats_on_the_scale_of_integers_is_heard_with_a_warning()
    {
        var clip = AudioFile.Load(Recordings.Vector("float-int16scale.wav"));
        clip.Samples[1000..].Max(MathF.Abs).ShouldBeInRange(0.01f, 0.99f);
        clip.Warnings.ShouldHaveSingleItem().ShouldContain("divided by 32768");
    }
}
