using Speech.Contracts.Languages;
using Speech.Contracts.Sessions;

namespace Speech.Contracts.Tests;

public class SessionParametersTests
{
    [Fact]
    public void Nothing_given_means_opus_json_and_a_new_client()
    {
        var parameters = Parse("");
        Contracts.Sessions.ClientId.IsValid(parameters.ClientId).ShouldBeTrue();
        parameters.ClientId.ShouldNotBe(Parse("").ClientId);
        (parameters with { ClientId = "x" }).ShouldBe(new SessionParameters { ClientId = "x", Translate = parameters.Translate });
    }

    [Fact]
    public void Empty_values_are_the_same_as_none_and_names_of_others_are_left_alone() =>
        Parse("client_id=a&language=&prompt=&translate=&codec=&sample_rate=&interim=&format=&resume_from=&token=secret")
            .ShouldBe(new SessionParameters { ClientId = "a" });

    [Fact]
    public void Names_that_mean_nothing_here_are_told_of_with_the_likely_one_and_never_with_their_values()
    {
        Parse("langauge=hush&Interim=true&x=1&x=2&token=hush").UnknownNamesWarning
            .ShouldBe("Not known, and so left alone: 'langauge' (is language meant?), 'Interim' (is interim meant?), 'x'");
        Parse("token=hush&codec=opus").UnknownNamesWarning.ShouldBeNull();
        Parse(string.Join('&', Enumerable.Range(0, 100).Select(i => $"x{i}=1"))).UnknownNames.Count.ShouldBe(8);
        SessionParameters.TryParse([KeyValuePair.Create("a\n\u001b[31mb", (string?)"1")], out var hostile, out _).ShouldBeTrue();
        hostile!.UnknownNamesWarning.ShouldBe(@"Not known, and so left alone: 'a\u000a\u001b[31mb'");
    }

    [Theory]
    [InlineData("codec=OPUS&format=JSON&interim=TRUE&words=True&language=EN&translate=FR")]
    [InlineData("codec=Opus&format=Json&interim=1&words=1&language=en&translate=FR,fr")]
    public void Values_that_name_something_do_so_in_any_case(string query)
    {
        var parameters = Parse(query);
        parameters.Translate.ShouldBe(["FR"]);
        (parameters with { ClientId = "a", Translate = [] }).ShouldBe(
            new SessionParameters { ClientId = "a", Language = "en", Interim = true, Words = true, Translate = [] });
        Parse("language=AUTO").Language.ShouldBeNull();
        Parse("codec=PCM_S16LE&sample_rate=8000").Codec.ShouldBe(AudioCodec.PcmS16Le);
    }

    [Theory]
    [InlineData("codec=mulaw", AudioCodec.MuLaw, 8000)]
    [InlineData("codec=alaw", AudioCodec.ALaw, 8000)]
    [InlineData("codec=alaw&sample_rate=16000", AudioCodec.ALaw, 16000)]
    public void Telephony_has_its_own_rate_unless_another_is_given(string query, AudioCodec codec, int sampleRate)
    {
        var parsed = Parse(query);
        (parsed.Codec, parsed.SampleRate).ShouldBe((codec, sampleRate));
    }

    [Fact]
    public void Channels_are_those_of_pcm_and_left_alone_where_the_audio_carries_its_own()
    {
        var parameters = Parse("codec=pcm_s16le&sample_rate=16000&channels=2");
        parameters.Channels.ShouldBe(2);
        Parse(parameters.ToQuery()).Channels.ShouldBe(2);
        Parse("codec=opus&channels=2").Channels.ShouldBe(1);
        foreach (var wrong in (string[])["0", "9", "-1", "two", "2.0"])
        {
            SessionParameters.TryParse([KeyValuePair.Create("channels", (string?)wrong)], out _, out var problem).ShouldBeFalse();
            problem.ShouldBe($"channels is '{wrong}', allowed are 1..8");
        }
    }

    [Fact]
    public void Everything_given_is_read()
    {
        var parameters = Parse("client_id=anna:1&language=FR&prompt=Łukasz, OPUS%26Redis&translate=en, zho_Hant,en&codec=pcm_f32le&sample_rate=44100&interim=true&words=1&format=msgpack&resume_from=0");
        parameters.Translate.ShouldBe(["en", "zho_Hant"]);
        (parameters with { Translate = [] }).ShouldBe(new SessionParameters
        {
            ClientId = "anna:1",
            Language = "fr",
            Prompt = "Łukasz, OPUS&Redis",
            Translate = [],
            Codec = AudioCodec.PcmF32Le,
            SampleRate = 44100,
            Interim = true,
            Words = true,
            Format = MessageFormat.MessagePack,
            ResumeFrom = 0,
        });
    }

    [Fact]
    public void A_language_that_cannot_be_translated_into_is_named_with_where_to_find_those_that_can()
    {
        Problem("translate=fr,xx").ShouldBe("translate has a language that is not in GET /api/languages: 'xx'");
        Parse("translate=fr,ES,zho_Hant,yue,no,pt-BR,zh_tw,cmn").Translate
            .ShouldBe(["fr", "ES", "zho_Hant", "yue", "no", "pt-BR", "zh_tw", "cmn"]);
        CloseCodeExtensions.FitReason(Problem($"translate={new string('語', 300)}")).ShouldContain("GET /api/languages");
        Problem("translate=fr%0a12:00:00 INF gateway: all is well").ShouldNotContain("\n");
    }

    [Theory]
    [InlineData("client_id=a b", "client_id must be 1..128 characters")]
    [InlineData("client_id=a&client_id=b", "client_id is given twice")]
    [InlineData("language=xx", "language 'xx' is not known")]
    [InlineData("language=no-such-language-anywhere-in-the-world", "language 'no-such-language-anywher…' is not known")]
    [InlineData("prompt=two%0Alines", "prompt must be 1..1000 bytes of UTF-8 text without control characters")]
    [InlineData("prompt=a&prompt=b", "prompt is given twice")]
    [InlineData("translate=fr,es,de,it,pt,nl,pl,sv,da", "more than 8 languages")]
    [InlineData("codec=mp3", "codec 'mp3' is not known, use opus, ogg_opus, webm_opus, pcm_s16le, pcm_f32le, mulaw or alaw")]
    [InlineData("codec=mulaw&sample_rate=7999", "sample_rate is '7999', allowed are 8000..192000")]
    [InlineData("codec=pcm_s16le", "codec=pcm_s16le needs sample_rate (8000..192000)")]
    [InlineData("codec=pcm_s16le&sample_rate=7999", "sample_rate is '7999', allowed are 8000..192000")]
    [InlineData("codec=pcm_s16le&sample_rate=192001", "sample_rate is '192001'")]
    [InlineData("codec=pcm_s16le&sample_rate=-16000", "sample_rate is '-16000'")]
    [InlineData("sample_rate=16k", "sample_rate is '16k'")]
    [InlineData("interim=maybe", "interim is 'maybe', allowed are true and false")]
    [InlineData("words=yes", "words is 'yes'")]
    [InlineData("format=xml", "format 'xml' is not known, use json or msgpack")]
    [InlineData("client_id=a&resume_from=-1", "resume_from is '-1'")]
    [InlineData("client_id=a&resume_from=9999999999999999999", "resume_from is")]
    [InlineData("client_id=a&resume_from=1000000000001", "resume_from is")]
    [InlineData("resume_from=3", "resume_from needs the client_id")]
    public void What_is_wrong_is_said_in_the_length_of_a_close_frame(string query, string reason)
    {
        SessionParameters.TryParse(Pairs(query), out var parameters, out var problem).ShouldBeFalse();
        parameters.ShouldBeNull();
        problem.ShouldNotBeNull().ShouldContain(reason);
        System.Text.Encoding.UTF8.GetByteCount(problem).ShouldBeLessThanOrEqualTo(CloseCodeExtensions.MaxReasonBytes);
    }

    [Fact]
    public void A_client_s_own_query_is_read_back()
    {
        var parameters = new SessionParameters
        {
            ClientId = "a:b",
            Language = "de",
            Prompt = "Ångström & Söhne=50%+?",
            Translate = ["fr", "es"],
            Codec = AudioCodec.PcmS16Le,
            SampleRate = 8000,
            Words = true,
            Interim = true,
            Format = MessageFormat.MessagePack,
            ResumeFrom = 42,
        };
        var read = Parse(parameters.ToQuery());
        read.Translate.ShouldBe(parameters.Translate);
        (read with { Translate = [] }).ShouldBe(parameters with { Translate = [] });
    }

    [Theory]
    [InlineData("a", 1000, true)]
    [InlineData("a", 1001, false)]
    [InlineData("é", 500, true)]
    [InlineData("é", 501, false)]
    public void A_prompt_has_a_thousand_bytes_at_most(string letter, int count, bool allowed)
    {
        var prompt = string.Concat(Enumerable.Repeat(letter, count));
        SessionParameters.TryParse(Pairs($"prompt={prompt}"), out var parameters, out _).ShouldBe(allowed);
        parameters?.Prompt.ShouldBe(prompt);
    }

    [Fact]
    public void Whisper_has_100_languages_and_NLLB_202()
    {
        WhisperLanguages.Codes.Count.ShouldBe(100);
        (WhisperLanguages.Codes[0], WhisperLanguages.Codes[99]).ShouldBe(("en", "yue"));
        TranslationLanguages.NllbCodes.Count.ShouldBe(202);
        TranslationLanguages.NllbCodes.ToList().IndexOf("eng_Latn").ShouldBe(256047 - 256001);
        TranslationLanguages.NllbCodes.ToList().IndexOf("zul_Latn").ShouldBe(256202 - 256001);
        TranslationLanguages.ToNllbCode("fr").ShouldBe("fra_Latn");
        TranslationLanguages.ToNllbCode("zh").ShouldBe("zho_Hans");
        TranslationLanguages.ToNllbCode("zho_Hant").ShouldBe("zho_Hant");
        WhisperLanguages.Codes.Where(code => !TranslationLanguages.IsKnown(code)).ShouldBe(["la", "br", "haw"], ignoreOrder: true);
    }

    private static SessionParameters Parse(string query) =>
        SessionParameters.TryParse(Pairs(query), out var parameters, out var problem) ? parameters : throw new ArgumentException(problem);

    private static string Problem(string query)
    {
        SessionParameters.TryParse(Pairs(query), out _, out var problem).ShouldBeFalse();
        return problem.ShouldNotBeNull();
    }

    private static IEnumerable<KeyValuePair<string, string?>> Pairs(string query) =>
        from part in query.Split('&', StringSplitOptions.RemoveEmptyEntries)
        let at = part.IndexOf('=', StringComparison.Ordinal)
        select KeyValuePair.Create(part[..at], (string?)Uri.UnescapeDataString(part[(at + 1)..]));
}
