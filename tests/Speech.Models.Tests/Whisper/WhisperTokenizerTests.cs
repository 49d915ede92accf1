using System.Globalization;
using System.Text;
using Speech.Models.Whisper;

namespace Speech.Models.Tests.Whisper;

public class WhisperTokenizerTests
{
    private static readonly WhisperTokenizer Tokenizer = Load();

    [Theory]
    [InlineData(51864, 50256, 50257, 50357, 50358, 50359, 50360, 50361, 50362, 50363, 99)]
    [InlineData(51865, 50257, 50258, 50358, 50359, 50360, 50361, 50362, 50363, 50364, 99)]
    [InlineData(51866, 50257, 50258, 50359, 50360, 50361, 50362, 50363, 50364, 50365, 100)]
    public void Special_tokens_lie_where_each_family_of_models_has_them(
        int size, int eot, int sot, int translate, int transcribe, int lm, int previous, int noSpeech, int noTimestamps, int begin,
        int languages)
    {
        var tokenizer = new WhisperTokenizer(Bytes(), size);

        tokenizer.EndOfText.ShouldBe(eot);
        tokenizer.StartOfTranscript.ShouldBe(sot);
        tokenizer.Translate.ShouldBe(translate);
        tokenizer.Transcribe.ShouldBe(transcribe);
        tokenizer.StartOfLm.ShouldBe(lm);
        tokenizer.StartOfPrevious.ShouldBe(previous);
        tokenizer.NoSpeech.ShouldBe(noSpeech);
        tokenizer.NoTimestamps.ShouldBe(noTimestamps);
        tokenizer.TimestampBegin.ShouldBe(begin);
        tokenizer.LanguageCount.ShouldBe(languages);
        tokenizer.TimestampSeconds(size - 1).ShouldBe(30.0, 1e-9);
        tokenizer.LanguageToken("en").ShouldBe(sot + 1);
        tokenizer.Language(translate - 1).ShouldBe(languages == 100 ? "yue" : "su");
        tokenizer.Language(translate).ShouldBeNull();
        tokenizer.Language(sot).ShouldBeNull();
    }

    [Fact]
    public void A_language_that_the_model_has_not_is_named()
    {
        Should.Throw<ArgumentException>(() => Tokenizer.LanguageToken("yue")).Message.ShouldContain("yue");
    }

    [Fact]
    public void A_space_is_220_and_the_suppressed_annotations_are_openai_s()
    {
        Tokenizer.Space.ShouldBe(220);
        Tokenizer.NonSpeechTokens.ShouldBe(
        [
            1, 2, 7, 8, 9, 10, 14, 25, 26, 27, 28, 29, 31, 58, 59, 60, 61, 62, 63, 90, 91, 92, 93, 357, 366, 438, 532, 685, 705, 796, 930,
            1058, 1220, 1267, 1279, 1303, 1343, 1377, 1391, 1635, 1782, 1875, 2162, 2361, 2488, 3467, 4008, 4211, 4600, 4808, 5299, 5855,
            6329, 7203, 9609, 9959, 10563, 10786, 11420, 11709, 11907, 13163, 13697, 13700, 14808, 15306, 16410, 16791, 17992, 19203, 19510,
            20724, 22305, 22935, 27007, 30109, 30420, 33409, 34949, 40283, 40493, 40549, 47282, 49146,
        ]);
    }

    [Theory]
    [InlineData("hello world", "31373 995")]
    [InlineData("  don't  stop\n\n!", "220 836 470 220 2245 198 198 0")]
    [InlineData("Größe 12345 日本", "8642 9101 39683 68 17031 2231 10545 245 98 17312 105")]
    [InlineData("🎙 🎙", "8582 236 247 12520 236 247")]
    [InlineData("<|endoftext|>", "27 91 437 1659 5239 91 29")]
    [InlineData("a\u00a0b  c", "64 1849 65 220 269")]
    [InlineData("x½²٣ ﷺ", "87 23141 31185 149 96 27332 115 118")]
    [InlineData("", "")]
    public void Text_encodes_as_tiktoken_does(string text, string tokens)
    {
        string.Join(' ', Tokenizer.Encode(text)).ShouldBe(tokens);
    }

    [Fact]
    public void The_reference_transcripts_encode_to_and_decode_from_their_tokens()
    {
        var lines = File.ReadLines(Checkout.Path("tests/references/whispercpp-reference.tsv")).Skip(1).ToArray();
        lines.Length.ShouldBeGreaterThan(100);
        foreach (var line in lines.Select(line => line.Split('\t')))
        {
            var tokens = line[3].Split(' ').Select(id => int.Parse(id, CultureInfo.InvariantCulture)).ToArray();
            Tokenizer.Decode(tokens).ShouldBe(line[2]);
            Tokenizer.Encode(line[2]).ShouldBe(tokens[..^1]);
        }
    }

    [Fact]
    public void Special_tokens_and_ids_from_nowhere_decode_to_nothing()
    {
        Tokenizer.Decode([50257, 50363, 31373, 995, 50463, 50256, -1, 60000]).ShouldBe("hello world");
    }

    [Fact]
    public void Half_a_character_decodes_to_the_replacement_character()
    {
        var tokens = Tokenizer.Encode("日");
        tokens.Length.ShouldBeGreaterThan(1);

        Tokenizer.Decode(tokens.AsSpan(0, 1)).ShouldBe("\ufffd");
    }

    [Fact]
    public void Any_text_comes_back_from_its_tokens()
    {
        var random = new Random(5);
        string[] scraps = [" ", "  ", "\n", "'s", "'", "a", "Zoë", "ß", "12", "½", "日本語", "𠀀", "🎙️", "\u00a0", "-", "...", "\t", "ﷺ", "\0"];
        for (var round = 0; round < 2000; round++)
        {
            var text = new StringBuilder();
            for (var i = random.Next(30); i > 0; i--)
                text.Append(scraps[random.Next(scraps.Length)]);

            Tokenizer.Decode(Tokenizer.Encode(text.ToString())).ShouldBe(text.ToString());
        }
    }

    [Fact]
    public void Merging_equals_the_plain_definition()
    {
        var ranks = new Dictionary<string, int>();
        for (var token = 0; token < Tokenizer.EndOfText; token++)
            ranks.TryAdd(Encoding.Latin1.GetString(Tokenizer.Bytes(token)), token);

        var random = new Random(6);
        for (var round = 0; round < 300; round++)
        {
            var piece = new string([.. Enumerable.Range(0, random.Next(1, 40)).Select(_ => (char)('a' + random.Next(random.Next(2, 26))))]);

            Tokenizer.Encode(piece).ShouldBe(MergeNaively(piece, ranks), piece);
        }
    }

    [Fact]
    public void One_endless_word_takes_no_quadratic_time()
    {
        var tokens = Tokenizer.Encode(new string('z', 300_000));

        tokens.Sum(token => Tokenizer.Bytes(token).Length).ShouldBe(300_000);
    }

    [Fact]
    public void A_vocabulary_that_lacks_a_byte_is_refused()
    {
        Should.Throw<ArgumentException>(() => new WhisperTokenizer(new WhisperVocabulary([[1], [2]]), 51864)).Message
            .ShouldContain("byte 00");
    }

    private static int[] MergeNaively(string piece, Dictionary<string, int> ranks)
    {
        var parts = piece.Select(letter => letter.ToString()).ToList();
        while (true)
        {
            var best = Enumerable.Range(0, parts.Count - 1)
                .Where(i => ranks.ContainsKey(parts[i] + parts[i + 1]))
                .DefaultIfEmpty(-1)
                .MinBy(i => i < 0 ? 0 : ranks[parts[i] + parts[i + 1]]);
            if (best < 0)
                return [.. parts.Select(part => ranks[part])];
            parts[best] += parts[best + 1];
            parts.RemoveAt(best + 1);
        }
    }

    private static WhisperVocabulary Bytes() => new([.. Enumerable.Range(0, 256).Select(value => new[] { (byte)value })]);

    private static WhisperTokenizer Load()
    {
        using var file = WhisperFile.Open(Checkout.Path("shared/models/nano.en/ggml-nano.en.bin"));
        return new WhisperTokenizer(file);
    }
}
