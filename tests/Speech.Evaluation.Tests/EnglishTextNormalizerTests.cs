namespace Speech.Evaluation.Tests;

/// <summary>The cases with a source are those of openai/whisper, <c>tests/test_normalizer.py</c>.</summary>
public sealed class EnglishTextNormalizerTests
{
    [Theory]
    [InlineData("two", "2")]
    [InlineData("thirty one", "31")]
    [InlineData("five twenty four", "524")]
    [InlineData("nineteen ninety nine", "1999")]
    [InlineData("twenty nineteen", "2019")]
    [InlineData("two point five million", "2500000")]
    [InlineData("four point two billions", "4200000000s")]
    [InlineData("200 thousand", "200000")]
    [InlineData("200 thousand dollars", "$200000")]
    [InlineData("$20 million", "$20000000")]
    [InlineData("€52.4 million", "€52400000")]
    [InlineData("£77 thousands", "£77000s")]
    [InlineData("two double o eight", "2008")]
    [InlineData("three thousand twenty nine", "3029")]
    [InlineData("forty three thousand two hundred sixty", "43260")]
    [InlineData("forty three thousand two hundred and sixty", "43260")]
    [InlineData("nineteen fifties", "1950s")]
    [InlineData("thirty first", "31st")]
    [InlineData("thirty three thousand and three hundred and thirty third", "33333rd")]
    [InlineData("three billion", "3000000000")]
    [InlineData("millions", "1000000s")]
    [InlineData("july third twenty twenty", "july 3rd 2020")]
    [InlineData("august twenty sixth twenty twenty one", "august 26th 2021")]
    [InlineData("3 14", "3 14")]
    [InlineData("3.14", "3.14")]
    [InlineData("3 point 2", "3.2")]
    [InlineData("3 point 14", "3.14")]
    [InlineData("fourteen point 4", "14.4")]
    [InlineData("two point two five dollars", "$2.25")]
    [InlineData("two hundred million dollars", "$200000000")]
    [InlineData("$20.1 million", "$20100000")]
    [InlineData("ninety percent", "90%")]
    [InlineData("seventy six per cent", "76%")]
    [InlineData("double oh seven", "007")]
    [InlineData("double zero seven", "007")]
    [InlineData("nine one one", "911")]
    [InlineData("nine double one", "911")]
    [InlineData("one triple oh one", "10001")]
    [InlineData("two thousandth", "2000th")]
    [InlineData("thirty two thousandth", "32000th")]
    [InlineData("minus 500", "-500")]
    [InlineData("positive twenty thousand", "+20000")]
    [InlineData("two dollars and seventy cents", "$2.70")]
    [InlineData("3 cents", "¢3")]
    [InlineData("$0.36", "¢36")]
    [InlineData("three euros and sixty five cents", "€3.65")]
    [InlineData("three and a half million", "3500000")]
    [InlineData("forty eight and a half dollars", "$48.5")]
    [InlineData("b747", "b 747")]
    [InlineData("10 th", "10th")]
    [InlineData("10th", "10th")]
    public void Numbers_are_digits(string text, string normalized)
    {
        EnglishTextNormalizer.Normalize(text).ShouldBe(normalized);
        EnglishNumberNormalizer.Normalize(text).ShouldBe(normalized);
    }

    [Theory]
    [InlineData("mobilisation", "mobilization")]
    [InlineData("cancelation", "cancellation")]
    [InlineData("The colour of the grey theatre's catalogue", "the color of the gray theater is catalog")]
    [InlineData("Archaeology", "archeology")]
    [InlineData("gaol, cheque, plough, tyre", "jail check plow tire")]
    public void Spelling_is_American(string text, string normalized) => EnglishTextNormalizer.Normalize(text).ShouldBe(normalized);

    [Fact]
    public void The_spelling_table_is_whole()
    {
        EnglishSpelling.Count.ShouldBe(1738);
        EnglishSpelling.American("harbour").ShouldBe("harbor");
        EnglishSpelling.American("aeon").ShouldBe("eon");
        EnglishSpelling.American("philtres").ShouldBe("filters");
        EnglishSpelling.American("appal").ShouldBe("appall");
        EnglishSpelling.American("hour").ShouldBe("hour");
    }

    [Theory]
    [InlineData("Let's", "let us")]
    [InlineData("he's like", "he is like")]
    [InlineData("she's been like", "she has been like")]
    [InlineData("10km", "10 km")]
    [InlineData("10mm", "10 mm")]
    [InlineData("RC232", "rc 232")]
    [InlineData("Mr. Park visited Assoc. Prof. Kim Jr.", "mister park visited associate professor kim junior")]
    public void Contractions_and_titles_are_spelled_out(string text, string normalized) =>
        EnglishTextNormalizer.Normalize(text).ShouldBe(normalized);

    [Theory]
    [InlineData("", "")]
    [InlineData("Um, I, uh, don't know.", "i do not know")]
    [InlineData("I can't, I won't, I'm gonna!", "i can not i will not i am going to")]
    [InlineData("You 'll see", "you will see")]
    [InlineData("[music] yes (inaudible) no <unk>", "yes no")]
    [InlineData("Naïve café, straße; Ångström", "naive cafe strasse angstrom")]
    [InlineData("cafe\u0301", "cafe")]
    [InlineData("ﬁne ＡＢＣ", "fine abc")]
    [InlineData("1,234,567.5 and 50 %", "1234567.5 and 50%")]
    [InlineData("half a million", "500000")]
    [InlineData("a half", "a half")]
    [InlineData("one", "one")]
    [InlineData("the ones", "the ones")]
    [InlineData("two and a half percent", "2.5%")]
    [InlineData("a decillion", "a 1000000000000000000000000000000000")]
    [InlineData("per se", "per se")]
    [InlineData("the point is", "the point is")]
    [InlineData("negative feedback", "negative feedback")]
    [InlineData("dollars", "dollars")]
    [InlineData("$0612", "$612")]
    [InlineData("你好, 世界!", "你好 世界")]
    public void Other_text_becomes_plain_words(string text, string normalized) =>
        EnglishTextNormalizer.Normalize(text).ShouldBe(normalized);

    [Theory]
    [InlineData("Enter six two four!", "enter 624")]
    [InlineData("enter 6 2 4", "enter 6 2 4")]
    [InlineData("oh two five", "025")]
    public void A_row_of_digits_is_one_word_only_if_it_was_spoken(string text, string normalized) =>
        EnglishTextNormalizer.Normalize(text).ShouldBe(normalized);

    [Theory]
    [InlineData(" enter six two four", "enter six two four")]
    [InlineData(" P I T T S B U R G H", "p i t t s b u r g h")]
    [InlineData("O. Oh? Zero!", "o oh zero")]
    [InlineData("twenty two, two two", "twenty two two two")]
    [InlineData("don't [noise] 3.5 (laughs)", "don t 3 5")]
    [InlineData("Ärger über Öl", "ärger über öl")]
    public void The_basic_normaliser_keeps_what_was_said(string text, string normalized) =>
        BasicTextNormalizer.Normalize(text).ShouldBe(normalized);

    [Fact]
    public void Any_words_of_numbers_can_be_read()
    {
        string[] words =
        [
            "zero", "oh", "one", "nine", "ten", "nineteen", "twenty", "ninety", "hundred", "million", "hundredth", "thousands", "first",
            "sixes", "fifties",
            "fortieth", "minus", "dollar", "cents", "per", "cent", "percent", "and", "a", "half", "double", "triple", "point", "3", "3.5",
            "$7", "007", "%", ".", "$",
        ];
        var random = new Random(1);
        for (var i = 0; i < 20_000; i++)
        {
            var text = string.Join(' ', Enumerable.Range(0, random.Next(1, 10)).Select(_ => words[random.Next(words.Length)]));
            Should.NotThrow(() => EnglishTextNormalizer.Normalize(text), text);
        }
    }

    [Fact]
    public void Any_characters_can_be_read()
    {
        var random = new Random(1);
        for (var i = 0; i < 5_000; i++)
        {
            var text = new string([.. Enumerable.Range(0, random.Next(0, 30))
                .Select(_ => random.Next(4) == 0 ? (char)random.Next(0x10000) : (char)random.Next(0x20, 0x7f))]);
            Should.NotThrow(() => EnglishTextNormalizer.Normalize(text), text);
            Should.NotThrow(() => BasicTextNormalizer.Normalize(text), text);
        }
    }
}
