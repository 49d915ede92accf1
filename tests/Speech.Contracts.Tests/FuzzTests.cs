using System.Text;
using Speech.Contracts.Client;
using Speech.Contracts.Jobs;
using Speech.Contracts.Server;

namespace Speech.Contracts.Tests;

/// <summary>Whatever comes in, a reader returns a message or throws the one exception, and allocates in proportion to the input.</summary>
public class FuzzTests
{
    private const int Rounds = 20_000;

    [Fact]
    public void Random_bytes_do_no_harm()
    {
        var random = new Random(1);
        for (var round = 0; round < Rounds; round++)
        {
            var bytes = new byte[random.Next(64)];
            random.NextBytes(bytes);
            if (round % 2 == 0 && bytes.Length > 0)
                bytes[0] = (byte)(0x80 | random.Next(16)); // a map, so that it gets further
            ReadAll(bytes);
        }
    }

    [Fact]
    public void Mutated_messages_do_no_harm()
    {
        var random = new Random(2);
        byte[][] seeds =
        [
            Messages.SomeJob(audioBytes: 64).ToArray(),
            Messages.SomeTranslationJob.ToArray(),
            .. Samples().SelectMany(message => (byte[][])[message.ToMessagePack(), message.ToJson()]),
            .. Samples().OfType<SegmentResult>().Select(result => new ResultEnvelope(result is FinalResult ? 5 : 0, result).ToArray()),
        ];
        for (var round = 0; round < Rounds; round++)
            ReadAll(Mutate(seeds[round % seeds.Length], random));
    }

    private static ServerMessage[] Samples() =>
    [
        new Ready("anna", 16000, 1.5),
        new SpeechStarted(0, 0.5),
        new Partial(1, 2, "so far"),
        new Transcript(3, 1, 0.5, 1.5, "Ça va", "fr", 0.9, [new Word("Ça", 0.5, 0.7, 0.9), new Word("va", 0.7, 1.5, 0.8)], ["en", "es"]),
        new Translation(4, 1, "es", "qué tal", Translation.Stub),
        new Failed(4, 1, "translate", "max_deliveries", "gave up", "en"),
        new Failed(5, 2, "transcribe", "max_deliveries", "gave up after 3 attempts"),
        new Warning("slow", "slow down"),
    ];

    private static byte[] Mutate(byte[] seed, Random random)
    {
        var bytes = seed.ToList();
        for (var changes = random.Next(1, 6); changes > 0 && bytes.Count > 0; changes--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(5))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 8), bytes.Count - at));
                    break;
                case 3:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(random.Next(1, 16), bytes.Count - at)));
                    break;
                default:
                    bytes[at] = (byte)(0xc0 + random.Next(32)); // the codes with lengths
                    break;
            }
        }
        return [.. bytes];
    }

    private static void ReadAll(byte[] bytes)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        Try(() => ServerMessage.ReadMessagePack(bytes));
        Try(() => ServerMessage.ReadJson(bytes));
        Try(() => ClientMessage.ReadJson(bytes));
        Try(() => ResultEnvelope.Read(bytes));
        Try(() => AudioJob.Read(bytes));
        Try(() => TranslationJob.Read(bytes));
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        // Exceptions and their traces take some tens of kilobytes; a length taken at its word would take megabytes.
        allocated.ShouldBeLessThan(200_000, $"for the {bytes.Length} bytes {Convert.ToHexString(bytes)}");
    }

    private static void Try(Func<object> read)
    {
        try
        {
            read().ShouldNotBeNull();
        }
        catch (MalformedMessageException exception)
        {
            exception.Reason.ShouldNotBeNullOrEmpty();
            exception.Offset.ShouldBeGreaterThanOrEqualTo(0);
        }
    }
}
