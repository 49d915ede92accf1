using System.Buffers.Binary;
using System.Security.Cryptography;
using Speech.Lab.Bench;
using Speech.Models.Whisper;
using Speech.Tensors.Cpu;
using Speech.Vad;

namespace Speech.Lab.Tests;

public sealed class SilenceClipsTests
{
    [Fact]
    public void The_same_seed_gives_the_same_clips_on_every_machine()
    {
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var bytes = new byte[2];
        foreach (var clip in SilenceClips.Generate(seed: 1, count: SilenceClips.Kinds.Count))
        {
            foreach (var sample in clip.Samples)
            {
                BinaryPrimitives.WriteInt16LittleEndian(bytes, (short)(sample * 32768));
                sha256.AppendData(bytes);
            }
        }

        Convert.ToHexStringLower(sha256.GetHashAndReset()).ShouldBe("83bad18ce8a079f3b0654e3cef96323bf2652f30a782829d2c3fae09af0ae952");
    }

    [Fact]
    public void Another_seed_gives_other_clips_and_a_shorter_run_is_part_of_a_longer_one()
    {
        var clips = SilenceClips.Generate(seed: 1, count: 30).ToList();
        SilenceClips.Generate(seed: 2, count: 1).Single().Samples.ShouldNotBe(clips[0].Samples);
        SilenceClips.Generate(seed: 1, count: 3).Last().Samples.ShouldBe(clips[2].Samples);
        clips[0].Samples.Length.ShouldNotBe(clips[SilenceClips.Kinds.Count].Samples.Length);
    }

    [Fact]
    public void Clips_are_of_2_to_20_s_in_range_and_of_all_kinds_and_levels()
    {
        var clips = SilenceClips.Generate(seed: 3, count: 4 * SilenceClips.Kinds.Count).ToList();

        clips.ShouldAllBe(
            clip => clip.Samples.Length >= 2 * SilenceClips.SampleRate && clip.Samples.Length <= 20 * SilenceClips.SampleRate);
        clips.ShouldAllBe(clip => Array.TrueForAll(clip.Samples, sample => sample >= -1 && sample < 1));
        clips.CountBy(clip => clip.Kind).ShouldAllBe(kind => kind.Value == 4);
        clips.Where(clip => clip.Kind == "silence").ShouldContain(clip => Array.TrueForAll(clip.Samples, sample => sample == 0));
        foreach (var kind in SilenceClips.Kinds.Except(["silence"]))
        {
            var loudness = clips.Where(clip => clip.Kind == kind).Select(clip => clip.Samples.Max(Math.Abs)).Order().ToList();
            loudness[0].ShouldBeGreaterThan(0, kind);
            loudness[^1].ShouldBeGreaterThan(1.5f * loudness[0], kind);
        }
    }

    [Fact]
    public void The_listener_hears_speech_and_no_noise()
    {
        using var device = new CpuDevice();
        using var model = WhisperModel.Load(Checkout.Path("shared/models/nano.en/ggml-nano.en.bin"), device, trainedForShortContext: true);
        using var engine = new WhisperEngine(model);
        var listener = new SilenceListener(SileroVad.Load(Checkout.Path("shared/models/silero-vad/ggml-silero-v6.2.0.bin")), engine);
        var speech = new SilenceClip(0, "speech", Recordings.Read("shared/recordings/an4/an406-fcaw-b.wav"));

        var heard = listener.Hear([speech, .. SilenceClips.Generate(seed: 1, count: SilenceClips.Kinds.Count)], CancellationToken.None);

        heard[0].YieldsText.ShouldBeTrue();
        heard[0].WholeText.ShouldNotBeEmpty();
        heard.Skip(1).ShouldAllBe(clip => !clip.YieldsText);
    }
}
