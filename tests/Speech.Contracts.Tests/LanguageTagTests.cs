using FsCheck.Fluent;
using Speech.Contracts.Languages;

namespace Speech.Contracts.Tests;

public class LanguageTagTests
{
    [Theory]
    [InlineData("en-US", "en", "eng_Latn")]
    [InlineData("EN_us", "en", "eng_Latn")]
    [InlineData("en-Latn-GB-oxendict", "en", "eng_Latn")]
    [InlineData("zh-CN", "zh", "zho_Hans")]
    [InlineData("zh-TW", "zh", "zho_Hant")]
    [InlineData("zh-hk", "zh", "zho_Hant")]
    [InlineData("zh-Hant", "zh", "zho_Hant")]
    [InlineData("zh-Hans-HK", "zh", "zho_Hans")]
    [InlineData("cmn", "zh", "zho_Hans")]
    [InlineData("zh-cmn-Hans-CN", "zh", "zho_Hans")]
    [InlineData("cmn-Hant-TW", "zh", "zho_Hant")]
    [InlineData("yue", "yue", "yue_Hant")]
    [InlineData("zh-yue-HK", "yue", "yue_Hant")]
    [InlineData("pt-BR", "pt", "por_Latn")]
    [InlineData("pt_br", "pt", "por_Latn")]
    [InlineData("es-419", "es", "spa_Latn")]
    [InlineData("de-1996", "de", "deu_Latn")]
    [InlineData("deu", "de", "deu_Latn")]
    [InlineData("ger", "de", "deu_Latn")]
    [InlineData("nob", "no", "nob_Latn")]
    [InlineData("nb-NO", "no", "nob_Latn")]
    [InlineData("no", "no", "nob_Latn")]
    [InlineData("no-NO", "no", "nob_Latn")]
    [InlineData("nn-NO", "nn", "nno_Latn")]
    [InlineData("fil-PH", "tl", "tgl_Latn")]
    [InlineData("iw", "he", "heb_Hebr")]
    [InlineData("in-ID", "id", "ind_Latn")]
    [InlineData("ji", "yi", "ydd_Hebr")]
    [InlineData("jw", "jw", "jav_Latn")]
    [InlineData("jv-ID", "jw", "jav_Latn")]
    [InlineData("jav", "jw", "jav_Latn")]
    [InlineData("ar-EG", "ar", "arb_Arab")]
    [InlineData("arz", "ar", "arz_Arab")]
    [InlineData("ar-arz", "ar", "arz_Arab")]
    [InlineData("sr-Cyrl", "sr", "srp_Cyrl")]
    [InlineData("sr-Latn", "sr", null)]
    [InlineData("ko-Kore-KR", "ko", "kor_Hang")]
    [InlineData("ja-JP-u-ca-japanese", "ja", "jpn_Jpan")]
    [InlineData("fra_Latn", "fr", "fra_Latn")]
    [InlineData("ks-Deva", null, "kas_Deva")]
    [InlineData("ace-Arab", null, "ace_Arab")]
    [InlineData("ace", null, "ace_Latn")]
    [InlineData("haw-US", "haw", null)]
    [InlineData("la", "la", null)]
    [InlineData("xx", null, null)]
    [InlineData("xx-US", null, null)]
    [InlineData("en-", null, null)]
    [InlineData("-en", null, null)]
    [InlineData("e", null, null)]
    [InlineData("english", null, null)]
    [InlineData("en US", null, null)]
    [InlineData("en-abcdefghi", null, null)]
    [InlineData("x-private", null, null)]
    [InlineData("zh-min", null, null)]
    [InlineData("", null, null)]
    public void A_tag_is_mapped_to_what_the_models_know(string tag, string? whisper, string? nllb)
    {
        WhisperLanguages.Find(tag).ShouldBe(whisper);
        TranslationLanguages.ToNllbCode(tag).ShouldBe(nllb);
    }

    [Fact]
    public void Every_code_of_the_models_own_is_itself()
    {
        foreach (var code in WhisperLanguages.Codes)
            WhisperLanguages.Find(code).ShouldBe(code);
        foreach (var code in TranslationLanguages.NllbCodes)
        {
            TranslationLanguages.ToNllbCode(code).ShouldBe(code);
            TranslationLanguages.ToNllbCode(code.Replace('_', '-').ToUpperInvariant()).ShouldBe(code);
            foreach (var alias in TranslationLanguages.AliasesOf(code))
                TranslationLanguages.ToNllbCode(alias.ToUpperInvariant()).ShouldBe(code);
        }
    }

    [Fact]
    public void Any_text_is_a_language_or_none_and_case_and_underscores_make_no_difference()
    {
        var subtag = Gen.Elements(
            "zh", "en", "ZHO", "fra", "Latn", "hant", "419", "TW", "yue", "x", "", "1996", "ab1", "é", "\u001b", "abcdefghi");
        var tags = Gen.OneOf(
            Gen.Choose(0, 5).SelectMany(count => subtag.ArrayOf(count)).Select(parts => string.Join('-', parts)),
            Gen.Choose(0, 0xffff).Select(code => (char)code).ArrayOf().Select(letters => new string(letters)));
        Properties.HoldFor(tags, tag =>
        {
            var whisper = WhisperLanguages.Find(tag);
            (whisper is null || WhisperLanguages.IsKnown(whisper)).ShouldBeTrue();
            var nllb = TranslationLanguages.ToNllbCode(tag);
            (nllb is null || TranslationLanguages.NllbCodes.Contains(nllb)).ShouldBeTrue();
            if (tag.All(char.IsAscii))
            {
                WhisperLanguages.Find(tag.ToUpperInvariant().Replace('-', '_')).ShouldBe(whisper);
                TranslationLanguages.ToNllbCode(tag.ToUpperInvariant().Replace('-', '_')).ShouldBe(nllb);
            }
        });
    }
}
