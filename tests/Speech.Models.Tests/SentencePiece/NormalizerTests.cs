using System.Text;
using Speech.Models.SentencePiece;
using Speech.Models.Tests.Nllb;

namespace Speech.Models.Tests.SentencePiece;

public class NormalizerTests
{
    /// <summary>Expectations are SentencePiece's own (spm_normalize with nmt_nfkc).</summary>
    [Theory]
    [InlineData("", "")]
    [InlineData("   ", "")]
    [InlineData("\u0001", "")]
    [InlineData("a", "▁a")]
    [InlineData("  a  b\t\nc ", "▁a▁b▁c")]
    [InlineData("Ａ①ﬁ", "▁A1fi")]
    [InlineData("か\u3099", "▁が")]
    [InlineData("a\u200bb\u200d\ufeffc\u00ad", "▁a▁b\u200d▁c\u00ad")]
    [InlineData("a\u2581b", "▁a▁b")]
    [InlineData("a\u0008b\u007fc", "▁abc")]
    [InlineData("x ´", "▁x▁\u0301")]
    [InlineData("\ud800", "")]
    [InlineData("\0", "▁\0")]
    public void The_built_in_model_prepares_text_as_the_original(string text, string prepared)
    {
        string.Concat(NanoNllb.SentencePiece.EncodeAsPieces(text)).ShouldBe(prepared);
    }

    [Theory]
    [InlineData(true, true, true, false, "  a  b ", "▁a▁b")]
    [InlineData(false, true, true, false, "  a  b ", "a▁b")]
    [InlineData(false, false, true, false, "  a  b ", "▁▁a▁▁b▁")]
    [InlineData(true, false, true, false, " a", "▁▁a")]
    [InlineData(true, true, true, true, "  a  b ", "a▁b▁")]
    [InlineData(true, true, false, false, "  a  b ", " a b")]
    [InlineData(true, false, false, true, "a ", "a  ")]
    public void Blanks_are_added_removed_and_written_as_the_model_says(
        bool dummyPrefix, bool removeExtra, bool escape, bool asSuffix, string text, string prepared)
    {
        var processor = new SentencePieceWriter
        {
            AddDummyPrefix = dummyPrefix,
            RemoveExtraWhitespaces = removeExtra,
            EscapeWhitespaces = escape,
            WhitespaceAsSuffix = asSuffix,
        }.ToProcessor();

        string.Concat(processor.EncodeAsPieces(text)).ShouldBe(prepared);
    }

    [Fact]
    public void User_defined_pieces_are_kept_from_the_character_map()
    {
        var map = SentencePieceModelTests.CharsMap(
            [(0, 1 << 10), ('b' ^ 1, 'b' | 0x100 | (3u << 10)), ('b' ^ 1 ^ 3, 0x80000000)], [(byte)'x', 0]);
        var processor = new SentencePieceWriter { CharsMap = map }.Add("<b>", 0, PieceType.UserDefined).ToProcessor();

        string.Concat(processor.EncodeAsPieces("ab<b>bc")).ShouldBe("ax<b>xc");
    }

    [Fact]
    public void The_longest_key_of_a_character_map_counts_and_may_be_replaced_by_nothing()
    {
        // "b" becomes "x"; "bb" becomes nothing. Blocks: 1 below the root, 2 below "b", 4 below "bb".
        (int, uint)[] units =
        [
            (0, 1 << 10),
            (1 ^ 'b', 'b' | 0x100 | Offset(1 ^ 'b', 2)),
            (2, 0x80000000),
            (2 ^ 'b', 'b' | 0x100 | Offset(2 ^ 'b', 4)),
            (4, 0x80000001),
        ];
        var processor = new SentencePieceWriter { CharsMap = SentencePieceModelTests.CharsMap(units, [(byte)'x', 0]) }.ToProcessor();

        string.Concat(processor.EncodeAsPieces("abcbbcbbb")).ShouldBe("axccx");

        static uint Offset(int position, int block) => (uint)(position ^ block) << 10;
    }

    [Fact]
    public void Bytes_that_are_no_text_become_the_replacement_character()
    {
        var normalized = new List<byte>();

        new Normalizer(new NormalizerSpec { AddDummyPrefix = false }, false, null)
            .Normalize([(byte)'a', 0xc3, (byte)'b', 0xed, 0xa0, 0x80], normalized);

        Encoding.UTF8.GetString([.. normalized]).ShouldBe("a\ufffdb\ufffd\ufffd\ufffd");
    }
}
