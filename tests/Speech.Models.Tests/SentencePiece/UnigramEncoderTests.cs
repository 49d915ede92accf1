using FsCheck;
using FsCheck.Fluent;
using Speech.Models.SentencePiece;

namespace Speech.Models.Tests.SentencePiece;

public class UnigramEncoderTests
{
    private static SentencePieceWriter Writer => new() { Type = (int)ModelType.Unigram };

    [Fact]
    public void The_division_with_the_highest_sum_wins_over_longer_pieces()
    {
        var processor = Writer.Add("a", -1).Add("b", -1).Add("c", -1).Add("ab", -5).Add("bc", -1.5f).Add("abc", -3).ToProcessor();

        processor.EncodeAsPieces("abc").ShouldBe(["a", "bc"]);
        processor.EncodeAsPieces("ab").ShouldBe(["a", "b"]);
    }

    [Fact]
    public void An_unknown_character_costs_ten_more_than_the_worst_piece()
    {
        var processor = Writer.Add("a", -3).Add("ax", -15.9f).Add("ay", -16.1f).ToProcessor();

        processor.EncodeAsPieces("ax").ShouldBe(["ax"]);
        processor.EncodeAsPieces("zay").ShouldBe(["z", "ay"]);
        Writer.Add("a", -3).Add("ay", -3).Add("aya", -30).ToProcessor().EncodeAsPieces("aya").ShouldBe(["ay", "a"]);
        Writer.Add("a", -3).Add("c", -3).Add("ay", -20).ToProcessor().EncodeAsPieces("ay").ShouldBe(["ay"]);
    }

    [Fact]
    public void Neighbouring_unknown_characters_are_one_piece()
    {
        var processor = Writer.Add("a", -1).ToProcessor();

        processor.EncodeAsPieces("漢字a語").ShouldBe(["漢字", "a", "語"]);
        processor.Encode("漢字a語").ShouldBe([0, 1, 0]);
    }

    [Fact]
    public void A_user_defined_piece_always_wins_and_an_unused_one_never_comes_out()
    {
        var processor = Writer.Add("a", -1).Add("b", -1).Add("abab", -0.5f).Add("ab", -9, PieceType.UserDefined)
            .Add("ba", -0.1f, PieceType.Unused).ToProcessor();

        processor.EncodeAsPieces("aba").ShouldBe(["ab", "a"]);
        processor.EncodeAsPieces("ba").ShouldBe(["b", "a"]);
        processor.EncodeAsPieces("abab").ShouldBe(["ab", "ab"]);
    }

    [Fact]
    public void No_division_of_any_text_has_a_higher_sum()
    {
        var pieces = from piece in Text(1, 4)
                     from score in Gen.Choose(-40, -1)
                     select (piece, score / 4f);
        var cases = from vocabulary in pieces.ListOf()
                    from text in Text(0, 30)
                    select (vocabulary.DistinctBy(piece => piece.piece).ToArray(), text);
        Properties.HoldFor(cases, x =>
        {
            var (vocabulary, text) = x;
            var writer = Writer.Add("q", -10);
            foreach (var (piece, score) in vocabulary)
                writer.Add(piece, score);
            var model = SentencePieceModel.Parse(writer.ToArray(), "small.model");
            var divided = new List<TextPiece>();
            new UnigramEncoder(model).Encode(System.Text.Encoding.UTF8.GetBytes(text), divided);

            // Quarters add up exactly, so that sums compare exactly.
            var known = vocabulary.ToDictionary(piece => piece.piece, piece => piece.Item2);
            divided.Sum(piece => piece.Id == model.UnknownId ? -20 : model.Score(piece.Id)).ShouldBe(HighestSum(text, known));
        });
    }

    private static float HighestSum(string text, Dictionary<string, float> known)
    {
        var highest = new float[text.Length + 1];
        for (var start = text.Length - 1; start >= 0; start--)
        {
            highest[start] = (known.TryGetValue(text[start].ToString(), out var single) ? single : -20) + highest[start + 1];
            for (var length = 2; length <= text.Length - start; length++)
            {
                if (known.TryGetValue(text.Substring(start, length), out var score))
                    highest[start] = Math.Max(highest[start], score + highest[start + length]);
            }
        }

        return highest[0];
    }

    private static Gen<string> Text(int shortest, int longest) =>
        from length in Gen.Choose(shortest, longest)
        from characters in Gen.Elements('a', 'b', 'c', 'é').ArrayOf(length)
        select new string(characters);
}
