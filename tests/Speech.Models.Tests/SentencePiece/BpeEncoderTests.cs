using FsCheck;
using FsCheck.Fluent;
using Speech.Models.SentencePiece;

namespace Speech.Models.Tests.SentencePiece;

public class BpeEncoderTests
{
    [Fact]
    public void The_best_score_merges_first_and_of_equals_the_leftmost()
    {
        var processor = new SentencePieceWriter().Add("a", -9).Add("b", -9).Add("ab", -2).Add("ba", -1).Add("aa", -3).ToProcessor();

        processor.EncodeAsPieces("aba").ShouldBe(["a", "ba"]);
        processor.EncodeAsPieces("aaa").ShouldBe(["aa", "a"]);
        processor.EncodeAsPieces("abab").ShouldBe(["a", "ba", "b"]);
    }

    [Fact]
    public void Characters_that_are_no_pieces_merge_into_one_that_is()
    {
        var processor = new SentencePieceWriter().Add("xy", -1).ToProcessor();

        processor.EncodeAsPieces("axyxa").ShouldBe(["a", "xy", "xa"]);
        processor.Encode("axyxa").ShouldBe([0, 1, 0]);
    }

    [Fact]
    public void A_user_defined_piece_is_taken_whole_and_merges_with_nothing()
    {
        var processor = new SentencePieceWriter()
            .Add("a", -9).Add("b", -9).Add("ab", -1).Add("ba", -1).Add("<x>", 0, PieceType.UserDefined).Add("<x>b", 0)
                .Add("b", 0, PieceType.Control)
            .Add("<x>yz", 0, PieceType.UserDefined).ToProcessor();

        processor.EncodeAsPieces("a<x>ba").ShouldBe(["a", "<x>", "ba"]);
        processor.EncodeAsPieces("<x>yz<x>y").ShouldBe(["<x>yz", "<x>", "y"]);
    }

    [Fact]
    public void An_unused_piece_is_merged_through_and_taken_apart_again()
    {
        var processor = new SentencePieceWriter()
            .Add("a", -9).Add("b", -9).Add("c", -9).Add("ab", -1, PieceType.Unused).Add("abc", -2).Add("abab", -3, PieceType.Unused)
                .ToProcessor();

        processor.EncodeAsPieces("abc").ShouldBe(["abc"]);
        processor.EncodeAsPieces("ab").ShouldBe(["a", "b"]);
        processor.EncodeAsPieces("abab").ShouldBe(["a", "b", "a", "b"]);
    }

    [Fact]
    public void Control_unknown_and_byte_pieces_never_come_out_of_text()
    {
        var processor = new SentencePieceWriter { ByteFallback = true }.AddAllBytes().Add("</s>", 0, PieceType.Control).Add("<", -9)
            .Add("s", -9).ToProcessor();

        processor.EncodeAsPieces("</s>").ShouldBe(["<", "<0x2F>", "s", "<0x3E>"]);
        processor.EncodeAsPieces("<unk>")[0].ShouldBe("<");
        processor.EncodeAsPieces("<0x41>").Length.ShouldBe(6);
    }

    [Fact]
    public void Any_text_is_divided_as_by_looking_for_the_best_merger_again_and_again()
    {
        var pieces = from piece in Text(1, 4)
                     from score in Gen.Choose(-4, 0)
                     select (piece, score);
        var cases = from vocabulary in pieces.ListOf()
                    from text in Text(0, 30)
                    select (vocabulary.DistinctBy(piece => piece.piece).ToArray(), text);
        Properties.HoldFor(cases, x =>
        {
            var (vocabulary, text) = x;
            var writer = new SentencePieceWriter();
            foreach (var (piece, score) in vocabulary)
                writer.Add(piece, score);

            var known = vocabulary.ToDictionary(piece => piece.piece, piece => piece.score);
            writer.ToProcessor().EncodeAsPieces(text).ShouldBe(Naive(text, known));
        });
    }

    private static List<string> Naive(string text, Dictionary<string, int> known)
    {
        var symbols = text.Select(character => character.ToString()).ToList();
        while (Enumerable.Range(0, Math.Max(symbols.Count - 1, 0)).Where(i => known.ContainsKey(symbols[i] + symbols[i + 1]))
            .ToArray() is { Length: > 0 } mergers)
        {
            var best = mergers.MaxBy(i => known[symbols[i] + symbols[i + 1]]);
            symbols[best] += symbols[best + 1];
            symbols.RemoveAt(best + 1);
        }

        var pieces = new List<string>();
        var isAfterUnknown = false;
        foreach (var symbol in symbols)
        {
            var isUnknown = !known.ContainsKey(symbol);
            if (isUnknown && isAfterUnknown)
                pieces[^1] += symbol;
            else
                pieces.Add(symbol);
            isAfterUnknown = isUnknown;
        }

        return pieces;
    }

    private static Gen<string> Text(int shortest, int longest) =>
        from length in Gen.Choose(shortest, longest)
        from characters in Gen.Elements('a', 'b', 'c', 'é').ArrayOf(length)
        select new string(characters);
}
