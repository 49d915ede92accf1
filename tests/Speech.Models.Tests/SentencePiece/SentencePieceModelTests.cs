using System.Text;
using Speech.Models.SentencePiece;
using Speech.Models.Tests.Nllb;
using Speech.Tensors;

namespace Speech.Models.Tests.SentencePiece;

public class SentencePieceModelTests
{
    [Fact]
    public void The_built_in_model_is_read()
    {
        var model = NanoNllb.SentencePiece.Model;

        model.Count.ShouldBe(2400);
        model.UnknownId.ShouldBe(0);
        model.Trainer.ShouldBe(new TrainerSpec { ModelType = ModelType.Bpe });
        (model.Normalizer.Name, model.Normalizer.AddDummyPrefix, model.Normalizer.RemoveExtraWhitespaces)
            .ShouldBe(("nmt_nfkc", true, true));
        (model.Piece(0), model.Piece(1), model.Piece(2)).ShouldBe(("<unk>", "<s>", "</s>"));
        (model.TypeOf(0), model.TypeOf(1), model.TypeOf(3)).ShouldBe((PieceType.Unknown, PieceType.Control, PieceType.Normal));
    }

    [Fact]
    public void What_a_file_leaves_out_has_its_default_and_what_is_not_known_is_skipped()
    {
        var file = new List<byte>();
        SentencePieceWriter.WriteNumber(file, 1000, 7);
        SentencePieceWriter.WriteBytes(file, 1001, "later"u8);
        file.AddRange([0x0d, 1, 2, 3, 4, 0x09, 1, 2, 3, 4, 5, 6, 7, 8]); // field 1 as four and as eight bytes
        file.AddRange(new SentencePieceWriter().Add("a").Pieces);

        var model = SentencePieceModel.Parse(file.ToArray(), "small.model");

        (model.Count, model.Piece(1)).ShouldBe((2, "a"));
        model.Trainer.ShouldBe(new TrainerSpec { ModelType = ModelType.Unigram, UnknownSurface = " ⁇ " });
        model.Normalizer.ShouldBe(new NormalizerSpec { AddDummyPrefix = true, RemoveExtraWhitespaces = true, EscapeWhitespaces = true });
    }

    [Fact]
    public void A_missing_or_empty_file_or_one_of_another_kind_is_named_with_what_is_wrong()
    {
        using var file = new TemporaryFile();
        Problem(() => SentencePieceModel.Load(file.Path)).ShouldContain("there is no such file");
        File.WriteAllBytes(file.Path, []);
        Problem(() => SentencePieceModel.Load(file.Path)).ShouldContain("it is empty");
        Problem(() => SentencePieceModel.Load(NanoNllb.Folder)).ShouldContain("cannot be read");
        Problem(() => SentencePieceModel.Load(Checkout.Path("shared/models/nano-nllb/config.json"))).ShouldContain("damaged");
        Problem(() => SentencePieceModel.Load(Checkout.Path("shared/models/nano-nllb/model.safetensors"))).ShouldContain("damaged");

        using (var huge = File.OpenWrite(file.Path))
            huge.SetLength(33L << 20);
        Problem(() => SentencePieceModel.Load(file.Path)).ShouldContain("at most 33554432 are expected");
    }

    public static TheoryData<string, byte[]> BadFiles => new()
    {
        { "it has no unknown piece", new SentencePieceWriter(withUnknown: false).Add("a").ToArray() },
        { "it has no pieces", new SentencePieceWriter(withUnknown: false).ToArray() },
        { "pieces 0 and 2 are both the unknown piece", new SentencePieceWriter().Add("a").Add("<unk2>", 0, PieceType.Unknown).ToArray() },
        { "pieces 1 and 3 are both 'a'", new SentencePieceWriter().Add("a").Add("b").Add("a", 1, PieceType.UserDefined).ToArray() },
        { "piece 1 has 0 bytes", new SentencePieceWriter().Add("").ToArray() },
        { "piece 1 has 1025 bytes, expected 1..1024", new SentencePieceWriter().Add(new string('a', 1025)).ToArray() },
        { "piece 1 is not text", new SentencePieceWriter().AddBytes([0xc3], 0, 1).ToArray() },
        { "piece 1 is not text", new SentencePieceWriter().Add("a\0b").ToArray() },
        { "the score of piece 1 is NaN", new SentencePieceWriter().Add("a", float.NaN).ToArray() },
        { "the score of piece 1 is -Infinity", new SentencePieceWriter().Add("a", float.NegativeInfinity).ToArray() },
        { "piece 1 has the unknown type 7", new SentencePieceWriter().AddBytes([0x61], 0, 7).ToArray() },
        { "no piece for the byte 00", new SentencePieceWriter { ByteFallback = true }.Add("a").ToArray() },
        { "does not fall back", new SentencePieceWriter().Add("<0x41>", 0, PieceType.Byte).ToArray() },
        { "expected such as '<0x41>'", new SentencePieceWriter().Add("<0x4>", 0, PieceType.Byte).ToArray() },
        { "expected such as '<0x41>'", new SentencePieceWriter().Add("<0x4g>", 0, PieceType.Byte).ToArray() },
        { "pieces 1 and 2 stand for the same byte", new SentencePieceWriter().Add("<0x4A>", 0, PieceType.Byte)
            .Add("<0x4a>", 0, PieceType.Byte).ToArray() },
        { "divides text into words", new SentencePieceWriter { Type = 3 }.ToArray() },
        { "divides text into characters", new SentencePieceWriter { Type = 4 }.ToArray() },
        { "model type 0 is unknown", new SentencePieceWriter { Type = 0 }.ToArray() },
        { "text for unknown pieces has 257 bytes", new SentencePieceWriter { UnknownSurface = new string('?', 257) }.ToArray() },
        { "a value of 127 bytes is cut off after 0 (byte 2)", [0x0a, 0x7f] },
        { "a value of 18446744073709551615 bytes is cut off", [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01] },
        { "a number has more than 10 bytes", [0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01] },
        { "it ends inside a number (byte 2)", [0x08, 0x80] },
        { "0 is no field's key", [0x00] },
        { "wire type 3", [0x0b] },
        { "character map is cut off", new SentencePieceWriter { CharsMap = [1, 2, 3] }.ToArray() },
        { "character map has a trie of 4096 bytes", new SentencePieceWriter { CharsMap = [0, 16, 0, 0, 1] }.ToArray() },
        { "character map has a trie of 0 bytes", new SentencePieceWriter { CharsMap = [0, 0, 0, 0, 0] }.ToArray() },
        { "replacements that do not end", new SentencePieceWriter { CharsMap = CharsMap([], [0x61]) }.ToArray() },
        { "replacements that are not UTF-8", new SentencePieceWriter { CharsMap = CharsMap([], [0xff, 0]) }.ToArray() },
        { "a replacement of 257 bytes",
            new SentencePieceWriter { CharsMap = CharsMap([], [.. new byte[257].Select(_ => (byte)'a'), 0]) }.ToArray() },
        { "unit 5 points outside it", new SentencePieceWriter { CharsMap = CharsMap([(5, 0x7ffffc00)], [0]) }.ToArray() },
        { "unit 5 points outside the replacements", new SentencePieceWriter { CharsMap = CharsMap([(5, 0x100)], [0]) }.ToArray() },
    };

    [Fact]
    public void Pieces_of_more_text_than_any_model_has_are_refused()
    {
        var writer = new SentencePieceWriter();
        for (var i = 0; i < 9000; i++)
            writer.Add($"{i:d5}".PadRight(1000, 'x'));

        Problem(() => SentencePieceModel.Parse(writer.ToArray(), "large.model")).ShouldContain("more than 8388608 bytes");
    }

    [Theory]
    [MemberData(nameof(BadFiles))]
    public void A_bad_file_is_refused_with_what_is_wrong(string problem, byte[] file)
    {
        var message = Problem(() => SentencePieceModel.Parse(file, "small.model"));

        message.ShouldStartWith("Model file 'small.model'");
        message.ShouldContain(problem);
    }

    [Fact]
    public void The_built_in_model_cut_off_anywhere_is_refused_or_still_a_model()
    {
        var file = File.ReadAllBytes(NanoNllb.SentencePieceFile);
        var random = new Random(11);
        for (var i = 0; i < 300; i++)
            Probe(file.AsSpan(0, i < 100 ? i : random.Next(file.Length)));
    }

    [Fact]
    public void The_built_in_model_damaged_anywhere_is_refused_or_still_a_model()
    {
        var file = File.ReadAllBytes(NanoNllb.SentencePieceFile);
        var random = new Random(12);
        for (var i = 0; i < 500; i++)
        {
            var damaged = file.ToArray();

            // The character map is most of the file; half of the damage is done before it.
            for (var j = random.Next(1, 8); j > 0; j--)
                damaged[random.Next(i % 2 == 0 ? 36_000 : file.Length)] = (byte)random.Next(256);
            Probe(damaged);
        }
    }

    [Fact]
    public void A_small_model_damaged_anywhere_is_refused_or_still_a_model()
    {
        var file =
            new SentencePieceWriter { ByteFallback = true, CharsMap = CharsMap([], [0x61, 0]), DenormalizerCharsMap = CharsMap([], [0]) }
            .AddAllBytes().Add("a", -1).Add("ab", -2).Add("<x>", 0, PieceType.UserDefined).Add("abc", -3, PieceType.Unused).ToArray();
        var random = new Random(13);
        for (var i = 0; i < 5000; i++)
        {
            var damaged = file.ToList();
            for (var j = random.Next(1, 5); j > 0; j--)
            {
                var at = random.Next(damaged.Count - 20);
                switch (random.Next(4))
                {
                    case 0:
                        damaged[at] = (byte)random.Next(256);
                        break;
                    case 1:
                        damaged[at] ^= (byte)(1 << random.Next(8));
                        break;
                    case 2:
                        damaged.RemoveRange(at, random.Next(20));
                        break;
                    default:
                        damaged.InsertRange(at, damaged.GetRange(random.Next(damaged.Count - 20), random.Next(20)));
                        break;
                }
            }

            Probe([.. damaged]);
        }
    }

    /// <summary>A map of one block of 256 units, all zero but those given.</summary>
    internal static byte[] CharsMap((int Position, uint Unit)[] units, byte[] replacements)
    {
        var trie = new uint[256];
        foreach (var (position, unit) in units)
            trie[position] = unit;
        return [.. BitConverter.GetBytes(1024), .. trie.SelectMany(BitConverter.GetBytes), .. replacements];
    }

    /// <summary>Reads and, if it can be read, uses a model, whose memory may not exceed a multiple of its file.</summary>
    private static void Probe(ReadOnlySpan<byte> file)
    {
        const string Text = " Hello, <x>  wörld! 漢字 abcabc ﬁ①か\u3099\u0301🎙";
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            var processor = new SentencePieceProcessor(SentencePieceModel.Parse(file, "damaged.model"));
            var ids = processor.Encode(Text);
            ids.ShouldAllBe(id => id >= 0 && id < processor.Model.Count);
            processor.Decode(ids).ShouldNotBeNull();
            Encoding.UTF8.GetByteCount(string.Concat(processor.EncodeAsPieces(Text))).ShouldBeLessThan(300 * Text.Length);
        }
        catch (ModelFileException)
        {
            // Refused.
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan((100L * file.Length) + (2 << 20));
    }

    private static string Problem(Action action) => Should.Throw<ModelFileException>(action).Message;
}
