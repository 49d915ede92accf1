using System.Buffers;
using Speech.Audio.Files;
using Speech.Audio.Ogg;
using Speech.Audio.Streams;
using Speech.Audio.Tests.Wav;

namespace Speech.Audio.Tests.Files;

/// <summary>
/// Every way in for foreign bytes, with random ones and with good ones damaged: only the typed exception may come out,
/// samples stay in [-1, 1], and memory stays in proportion to what came in.
/// </summary>
public sealed class FuzzTests
{
    private const int Rounds = 1500;

    [Fact]
    public void Files_of_any_content_are_read_or_refused()
    {
        byte[][] good =
        [
            new WavVector { Data = new byte[500], OtherChunk = [.. "LIST"u8, 3, 0, 0, 0, 1, 2, 3, 0] }.ToBytes(),
            new WavVector { Data = new byte[900], Extensible = true, Channels = 3, Bits = 24, SampleRate = 22_050 }.ToBytes(),
            new WavVector { Data = new byte[700], Tag = 7, Bits = 8, Form = "RF64", LongDataLength = 700,
                DataLength = uint.MaxValue }.ToBytes(),
            new WavVector { Data = [.. Enumerable.Range(0, 800).Select(i => (byte)(i * 37))], Tag = 3, Bits = 64, SampleRate = 8_000 }.ToBytes(),
            Signals.CollectBytes(output => OggOpusWriter.WriteFile(output, Recordings.Speech(0.3))),
            File.ReadAllBytes(Path.Combine(Path.GetDirectoryName(Recordings.OpusFromOpusenc)!, "live.webm"))[..2500],
        ];
        Fuzz(good, bytes =>
        {
            var clip = AudioFile.Load(new MemoryStream(bytes), "fuzz.bin", new AudioFileOptions { MaxDuration = TimeSpan.FromSeconds(20) });
            RequireSound(clip.Samples);
        });
    }

    [Fact]
    public void Ogg_with_damage_under_valid_checksums_is_read_or_refused()
    {
        // Checksums would catch all damage; so here it is done to the packets, and to the page structure by the writer.
        var head = new byte[OpusHead.Bytes];
        new OpusHead(1, 312, 16_000, 0).Write(head);
        Fuzz([head, [.. "OpusTags"u8, 1, 0, 0, 0, (byte)'x', 0, 0, 0, 0]], bytes =>
        {
            var random = new Random(bytes.Length);
            var stream = Signals.CollectBytes(output =>
            {
                var writer = new OggStreamWriter(output, 1, random.Next(1, 20));
                writer.WritePacket(random.Next(3) == 0 ? bytes : head, random.Next(-1, 3));
                writer.FlushPage();
                for (var i = 0; i < 5; i++)
                {
                    writer.WritePacket(bytes, random.NextInt64(-5, 10_000));
                    if (random.Next(2) == 0)
                        writer.FlushPage(endOfStream: random.Next(3) == 0);
                }
                writer.FlushPage(endOfStream: true);
            });
            using var reader = new OggOpusReader();
            RequireSound(Signals.Collect(output => reader.Read(stream, output)));
        });
    }

    [Fact]
    public void Client_streams_of_any_content_are_decoded_or_refused()
    {
        byte[][] good =
        [
            File.ReadAllBytes(Recordings.OpusFromOpusenc)[..2000], new byte[300],
            File.ReadAllBytes(Path.Combine(Path.GetDirectoryName(Recordings.OpusFromOpusenc)!, "live.webm"))[..2500],
        ];
        foreach (var codec in AudioStreamDecoder.Codecs)
        {
            var rates = new Random(2);
            Fuzz(good, bytes =>
            {
                using var decoder = AudioStreamDecoder.Create(codec, rates.Next(3) == 0 ? 44_100 : 16_000);
                RequireSound(Signals.Collect(output =>
                {
                    foreach (var piece in Signals.Pieces(bytes.Length, bytes.Length, 400))
                        decoder.Decode(bytes.AsSpan(piece), output);
                    decoder.Complete(output);
                }));
            });
        }
    }

    private static void Fuzz(byte[][] good, Action<byte[]> read)
    {
        var random = new Random(20);
        for (var round = 0; round < Rounds; round++)
        {
            var bytes = Mutate(good, random);
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                read(bytes);
            }
            catch (AudioFormatException)
            {
                // Refused: as good as read.
            }
            (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(32_000_000);
        }
    }

    private static byte[] Mutate(byte[][] good, Random random)
    {
        if (random.Next(10) == 0)
        {
            var noise = new byte[random.Next(3000)];
            random.NextBytes(noise);
            return noise;
        }
        List<byte> bytes = [.. good[random.Next(good.Length)]];
        for (var change = random.Next(1, 6); change > 0 && bytes.Count > 0; change--)
        {
            // Most of what matters stands at the beginning.
            var i = random.Next(random.Next(2) == 0 ? Math.Min(64, bytes.Count) : bytes.Count);
            switch (random.Next(5))
            {
                case 0:
                    bytes[i] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[i] = (byte)(random.Next(2) * 255);
                    break;
                case 2:
                    bytes.RemoveRange(i, Math.Min(random.Next(20), bytes.Count - i));
                    break;
                case 3:
                    bytes.InsertRange(i, bytes.GetRange(0, Math.Min(random.Next(40), bytes.Count)));
                    break;
                default:
                    bytes.RemoveRange(i, bytes.Count - i);
                    break;
            }
        }
        return [.. bytes];
    }

    private static void RequireSound(ReadOnlySpan<float> samples)
    {
        foreach (var sample in samples)
            Assert.True(sample is >= -1 and <= 1);
    }
}
