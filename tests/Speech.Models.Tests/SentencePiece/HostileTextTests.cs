using System.Text;
using Speech.Models.SentencePiece;
using Speech.Models.Tests.Nllb;

namespace Speech.Models.Tests.SentencePiece;

/// <summary>Texts meant to take long. Twice the text may take little more than twice the steps, counted and not timed, and a megabyte of
/// each comes through.</summary>
public class HostileTextTests
{
    private static readonly SentencePieceProcessor RepeatingBpe = Repeating(ModelType.Bpe, PieceType.Normal);
    private static readonly SentencePieceProcessor UnusedBpe = Repeating(ModelType.Bpe, PieceType.Unused);
    private static readonly SentencePieceProcessor RepeatingUnigram = Repeating(ModelType.Unigram, PieceType.Normal);

    public static TheoryData<string> Units =>
        ["a", "ab", "e ", " ", "\u0301", "e\u0301", "漢", "🎙", "\u2581", "\u200b", "\ufdfa", "\0", "\ufffd", "か\u3099", "<unk>"];

    [Theory]
    [MemberData(nameof(Units))]
    public void Steps_grow_no_faster_than_the_text(string unit)
    {
        foreach (var processor in new[] { NanoNllb.SentencePiece, RepeatingBpe, UnusedBpe, RepeatingUnigram })
        {
            IPieceEncoder encoder = processor.Model.Trainer.ModelType == ModelType.Bpe
                ? new BpeEncoder(processor.Model) : new UnigramEncoder(processor.Model);
            long Steps(int count) => encoder.Encode(Encoding.UTF8.GetBytes(Repeat(unit, count)), []);

            Steps(8_000).ShouldBeLessThan(5 * Steps(4_000) / 2);
        }
    }

    [Theory]
    [MemberData(nameof(Units))]
    public void A_megabyte_comes_through(string unit)
    {
        var text = Repeat(unit, (1 << 20) / Encoding.UTF8.GetByteCount(unit));

        NanoNllb.SentencePiece.Decode(NanoNllb.SentencePiece.Encode(text)).Length.ShouldBeLessThanOrEqualTo(18 * text.Length);
    }

    [Fact]
    public void A_megabyte_of_one_letter_is_a_megabyte_of_that_letter_again()
    {
        var text = new string('a', 1 << 20);

        NanoNllb.SentencePiece.Decode(NanoNllb.SentencePiece.Encode(text)).ShouldBe(text);
        RepeatingBpe.Decode(RepeatingBpe.Encode(text)).ShouldBe(text);
        UnusedBpe.Decode(UnusedBpe.Encode(text)).ShouldBe(text);
        RepeatingUnigram.Decode(RepeatingUnigram.Encode(text)).ShouldBe(text);
    }

    [Fact]
    public void A_megabyte_of_unknown_characters_is_one_unknown_piece()
    {
        RepeatingBpe.Encode(new string('漢', 1 << 20)).ShouldBe([0]);
        RepeatingUnigram.Encode(new string('漢', 1 << 20)).ShouldBe([0]);
    }

    [Fact]
    public void A_megabyte_of_blanks_is_nothing()
    {
        NanoNllb.SentencePiece.Encode(new string(' ', 1 << 20)).ShouldBeEmpty();
        NanoNllb.SentencePiece.Encode(new string('\u3000', 1 << 20) + "a" + new string('\t', 1 << 20))
            .ShouldBe(NanoNllb.SentencePiece.Encode("a"));
    }

    private static string Repeat(string unit, int count) => new StringBuilder().Insert(0, unit, count).ToString();

    /// <summary>Pieces of one letter, and of two in turn, of every length up to 64, so that each merger offers another.</summary>
    private static SentencePieceProcessor Repeating(ModelType type, PieceType longer)
    {
        var writer = new SentencePieceWriter { Type = (int)type }.Add("a", -1).Add("b", -1);
        for (var length = 2; length <= 64; length++)
        {
            writer.Add(new string('a', length), -length, longer);
            writer.Add(Repeat("ab", length)[..length], -length, longer);
        }

        return writer.ToProcessor();
    }
}
