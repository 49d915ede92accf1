using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Speech.Models.SentencePiece;
using Speech.Models.Tests.Nllb;

namespace Speech.Models.Tests.SentencePiece;

public class SentencePieceProcessorTests
{
    private static Gen<string> AnyText { get; } =
        from runes in Gen.OneOf(
            Gen.Elements("abc  e'.1".ToCharArray()).Select(letter => (int)letter),
            Gen.Choose(0, 0x2580),
            Gen.Choose(0x2582, 0xd7ff),
            Gen.Choose(0xe000, 0x10ffff)).ListOf()
        select string.Concat(runes.Select(rune => new Rune(rune).ToString()));

    [Fact]
    public void Any_text_comes_back_from_pieces_and_bytes()
    {
        foreach (var type in new[] { ModelType.Bpe, ModelType.Unigram })
        {
            var processor = new SentencePieceWriter { Type = (int)type, ByteFallback = true }
                .AddAllBytes().Add("▁", -1).Add("a", -1).Add("b", -1).Add("ab", -1).Add("▁a", -2).Add("aab", -3, PieceType.Unused)
                    .Add("bc", 0, PieceType.UserDefined).ToProcessor();

            Properties.HoldFor(AnyText, text => processor.Decode(processor.Encode(text)).ShouldBe(text));
        }
    }

    [Fact]
    public void Decoded_text_comes_back_but_for_extra_blanks()
    {
        Properties.HoldFor(AnyText, text =>
        {
            var ids = Array.FindAll(NanoNllb.SentencePiece.Encode(text), id => id != 0);
            var decoded = NanoNllb.SentencePiece.Decode(ids);

            NanoNllb.SentencePiece.Decode(NanoNllb.SentencePiece.Encode(decoded))
                .ShouldBe(string.Join(' ', decoded.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
        });
    }

    [Fact]
    public void Pieces_cover_the_text_and_there_are_as_many_as_ids()
    {
        Properties.HoldFor(AnyText, text =>
        {
            var pieces = NanoNllb.SentencePiece.EncodeAsPieces(text);
            var ids = NanoNllb.SentencePiece.Encode(text);

            ids.Length.ShouldBe(pieces.Length);
            foreach (var (id, piece) in ids.Zip(pieces))
            {
                if (id != 0)
                    NanoNllb.SentencePiece.Model.Piece(id).ShouldBe(piece);
            }
        });
    }

    [Fact]
    public void Text_that_no_piece_has_falls_back_to_its_bytes()
    {
        var processor = new SentencePieceWriter { ByteFallback = true }.AddAllBytes().Add("a").ToProcessor();

        processor.EncodeAsPieces("aé漢").ShouldBe(["a", "<0xC3>", "<0xA9>", "<0xE6>", "<0xBC>", "<0xA2>"]);
        processor.Encode("é").ShouldBe([1 + 0xc3, 1 + 0xa9]);
    }

    /// <summary>Each byte that is part of no character is one U+FFFD, and rows of bytes do not join over other pieces.</summary>
    [Theory]
    [InlineData(new[] { 0xe6, 0xbc, 0xa2 }, "漢")]
    [InlineData(new[] { 0xe6, 0xbc }, "\ufffd\ufffd")]
    [InlineData(new[] { 0xe6, 0x41, 0xc3, 0xa9, 0xff }, "\ufffdAé\ufffd")]
    [InlineData(new[] { 0xed, 0xa0, 0x80 }, "\ufffd\ufffd\ufffd")]
    [InlineData(new[] { 0xc3, -1, 0xa9 }, "\ufffda\ufffd")]
    [InlineData(new[] { 0x00, 0x20 }, "\0 ")]
    public void Rows_of_bytes_are_read_as_UTF_8(int[] bytes, string text)
    {
        var processor = new SentencePieceWriter { ByteFallback = true }.AddAllBytes().Add("a").ToProcessor();

        processor.Decode([.. bytes.Select(value => value < 0 ? 257 : value + 1)]).ShouldBe(text);
    }

    [Theory]
    [InlineData(true, true, "▁a,▁a", "a a")]
    [InlineData(true, true, "▁,▁,▁a,▁", "a ")]
    [InlineData(true, false, "▁,▁,▁a", "  a")]
    [InlineData(false, false, "▁a,▁a", " a a")]
    [InlineData(false, true, "▁a,▁a", "a a")]
    [InlineData(true, true, "</s>,▁a,<unk>,a", "a⁇a")]
    [InlineData(true, false, "<unk>,▁a", "⁇ a")]
    [InlineData(true, true, "", "")]
    public void Blanks_at_the_start_go_as_they_came(bool dummyPrefix, bool removeExtra, string pieces, string text)
    {
        var writer = new SentencePieceWriter { AddDummyPrefix = dummyPrefix, RemoveExtraWhitespaces = removeExtra, UnknownSurface = "⁇" }
            .Add("</s>", 0, PieceType.Control).Add("▁").Add("a").Add("▁a");
        string[] names = ["<unk>", "</s>", "▁", "a", "▁a"];

        writer.ToProcessor().Decode(
            [.. pieces.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(piece => Array.IndexOf(names, piece))]).ShouldBe(text);
    }

    [Fact]
    public void The_unknown_piece_reads_as_a_double_question_mark_unless_the_model_has_a_sign()
    {
        new SentencePieceWriter().ToProcessor().Decode([0]).ShouldBe(" \u2047 ");
        new SentencePieceWriter { UnknownSurface = "" }.ToProcessor().Decode([0]).ShouldBe("");
    }

    [Fact]
    public void A_denormalizer_has_the_last_word()
    {
        var map = SentencePieceModelTests.CharsMap(
            [(0, 1 << 10), ('b' ^ 1, 'b' | 0x100 | (3u << 10)), ('b' ^ 1 ^ 3, 0x80000000)], [(byte)'x', 0]);

        new SentencePieceWriter { EscapeWhitespaces = false, DenormalizerCharsMap = map }.Add("ab").ToProcessor().Decode([1, 1])
            .ShouldBe("axax");
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(2400)]
    public void An_id_that_is_no_piece_is_refused(int id)
    {
        Should.Throw<ArgumentOutOfRangeException>(() => NanoNllb.SentencePiece.Decode([5, id]));
    }

    [Fact]
    public void Many_threads_may_share_a_processor()
    {
        var texts = Enumerable.Range(0, 200).Select(i => $"Text number {i}: where is the station? {i * i}").ToArray();
        var expected = texts.Select(NanoNllb.SentencePiece.Encode).ToArray();

        Parallel.For(0, 2000, i => NanoNllb.SentencePiece.Encode(texts[i % 200]).ShouldBe(expected[i % 200]));
    }
}
