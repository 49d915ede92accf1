using System.IO.Pipes;
using Speech.Audio.Files;
using Speech.Audio.Ogg;
using Speech.Audio.Pcm;
using Speech.Audio.Tests.Wav;
using Speech.Audio.Wav;

namespace Speech.Audio.Tests.Files;

public sealed class AudioReaderTests
{
    public static TheoryData<byte[], string> Recorded
    {
        get
        {
            var speech = Recordings.Speech(3);
            using var wav = new MemoryStream();
            WavWriter.Write(wav, speech, 44_100, SampleFormat.F32);
            return new()
            {
                { wav.ToArray(), "a.wav" },
                { Signals.CollectBytes(output => OggOpusWriter.WriteFile(output, speech)), "a.opus" },
                { wav.ToArray()[44..], "a.f32" },
            };
        }
    }

    [Theory]
    [MemberData(nameof(Recorded))]
    public void However_the_bytes_come_the_samples_are_those_of_the_whole(byte[] bytes, string name)
    {
        var whole = AudioFile.Load(new MemoryStream(bytes), name).Samples;
        using var reader = AudioReader.Open(new TrickleStream(bytes), name);
        var samples = new List<float>();
        var piece = new float[777];
        while (reader.Read(piece) is var read and > 0)
            samples.AddRange(piece[..read]);

        samples.ShouldBe(whole);
        reader.Warnings.ShouldBeEmpty();
    }

    [Fact]
    public void What_has_come_of_a_live_stream_is_there_before_more_comes()
    {
        using var source = new AnonymousPipeServerStream(PipeDirection.Out);
        using var live = new AnonymousPipeClientStream(PipeDirection.In, source.ClientSafePipeHandle);
        var bytes = new WavVector { Data = new byte[3200], DataLength = 0 }.ToBytes();
        source.Write(bytes); // the pipe stays open
        using var reader = AudioReader.Open(live, "live");

        var samples = new float[16_000];
        reader.Read(samples).ShouldBe(1600);
    }

    [Fact]
    public void Channels_of_raw_samples_are_mixed_and_a_sample_that_is_cut_is_told()
    {
        using var reader = AudioReader.Open(
            new TrickleStream([0, 0x40, 0, 0x20, 0, 0, 0, 0x20, 1]), "standard input",
            new AudioFileOptions { RawFormat = SampleFormat.S16, RawChannels = 2 });
        var samples = new List<float>();
        var piece = new float[10];
        while (reader.Read(piece) is var read and > 0)
            samples.AddRange(piece[..read]);

        samples.ShouldBe([0.375f, 0.125f]);
        reader.Warnings.ShouldHaveSingleItem().ShouldContain("in the middle of a sample");
    }

    [Fact]
    public void An_Ogg_file_that_was_cut_is_told_wherever_it_was_cut()
    {
        var opus = Signals.CollectBytes(output => OggOpusWriter.WriteFile(output, Recordings.Speech()));
        var lastPage = opus.AsSpan().LastIndexOf("OggS"u8);
        foreach (var length in (int[])[lastPage, lastPage + 10, opus.Length - 1, opus.Length / 2])
            AudioFile.Load(new MemoryStream(opus[..length]), "a.opus").Warnings
                .ShouldContain(warning => warning.Contains("truncated"), $"{length} of {opus.Length}");
        AudioFile.Load(new MemoryStream(opus), "a.opus").Warnings.ShouldBeEmpty();
    }

    /// <summary>Gives a few bytes at a time, now more, now fewer.</summary>
    private sealed class TrickleStream(byte[] bytes) : MemoryStream(bytes)
    {
        private int _reads;

        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, 1 + _reads++ * 7 % 13));
    }
}
