using System.Text;
using Speech.Contracts.Server;

namespace Speech.Contracts.Tests;

public class ServerMessageTests
{
    public static TheoryData<ServerMessage, string> Written => new()
    {
        { new Ready("anna", 16000, 12.5), """{"type":"ready","client_id":"anna","sample_rate":16000,"committed":12.5}""" },
        { new SpeechStarted(3, 0.25), """{"type":"speech_started","segment":3,"start":0.25}""" },
        { new Committed(4), """{"type":"committed","until":4}""" },
        { new Partial(0, 2, "so far"), """{"type":"partial","segment":0,"revision":2,"text":"so far"}""" },
        {
            new Transcript(7, 3, 0.25, 1.5, "Ça \"va\" 👍", "fr", 0.93, [new Word("Ça", 0.25, 0.5, 1)]),
            """{"type":"transcript","seq":7,"segment":3,"start":0.25,"end":1.5,"text":"Ça \"va\" \uD83D\uDC4D","language":"fr","confidence":0.93"""
                + ""","words":[{"word":"Ça","start":0.25,"end":0.5,"probability":1}]}"""
        },
        { new Transcript(0, 0, 0, 1, "", "en", 0), """{"type":"transcript","segment":0,"start":0,"end":1,"text":"","language":"en","confidence":0}""" },
        {
            new Transcript(7, 3, 0, 1, "one", "en", 1, null, ["fr", "zho_Hans"]),
            """{"type":"transcript","seq":7,"segment":3,"start":0,"end":1,"text":"one","language":"en","confidence":1,"translations":["fr","zho_Hans"]}"""
        },
        { new Translation(8, 3, "es", "hola"), """{"type":"translation","seq":8,"segment":3,"language":"es","text":"hola"}""" },
        {
            new Failed(9, 4, "transcribe", "max_deliveries", "gave up"),
            """{"type":"failed","seq":9,"segment":4,"stage":"transcribe","code":"max_deliveries","message":"gave up"}"""
        },
        {
            new Failed(9, 4, "translate", "max_deliveries", "gave up", "fr"),
            """{"type":"failed","seq":9,"segment":4,"stage":"translate","code":"max_deliveries","message":"gave up","language":"fr"}"""
        },
        {
            new Translation(8, 3, "es", "[es] hello", Translation.Stub),
            """{"type":"translation","seq":8,"segment":3,"language":"es","text":"[es] hello","model":"stub"}"""
        },
        { new Warning("slow", "slow down"), """{"type":"warning","code":"slow","message":"slow down"}""" },
        { new Done(), """{"type":"done"}""" },
        { new Pong(), """{"type":"pong"}""" },
    };

    [Theory]
    [MemberData(nameof(Written))]
    public void Messages_are_written_as_the_protocol_says_with_the_type_first(ServerMessage message, string json)
    {
        Encoding.UTF8.GetString(message.ToJson()).ShouldBe(json);
        ServerMessage.ReadJson(Encoding.UTF8.GetBytes(json)).ShouldSay(message);
    }

    [Fact]
    public void Every_message_survives_both_formats() => Properties.HoldFor(Messages.ServerMessage, message =>
    {
        ServerMessage.ReadJson(message.ToJson()).ShouldSay(message);
        ServerMessage.ReadMessagePack(message.ToMessagePack()).ShouldSay(message);
    });

    [Fact]
    public void The_type_may_come_last_and_names_may_be_escaped() =>
        ReadJson("""{"te\u0078t":"hi","segment":1,"revision":0,"type":"partial"}""").ShouldBe(new Partial(1, 0, "hi"));

    [Fact]
    public void Unknown_fields_of_any_shape_are_skipped_and_null_is_absent()
    {
        ReadJson("""{"type":"done","later":{"a":[1,{"b":null}]},"x":1e400,"seq":null,"y":"\ud83d"}""").ShouldBe(new Done());
        // {"type": "done", "later": {"a": [ext]}, "seq": nil}
        ServerMessage.ReadMessagePack(Convert.FromHexString("83a474797065a4646f6e65a56c6174657281a16191d40100a3736571c0"))
            .ShouldBe(new Done());
    }

    [Theory]
    [InlineData("{}", "the field 'type' is missing")]
    [InlineData("""{"type":"nonsense"}""", "unknown message type 'nonsense'")]
    [InlineData("""{"type":"partial","segment":0,"text":""}""", "the field 'revision' is missing in 'partial'")]
    [InlineData("""{"type":"partial","segment":-1,"revision":0,"text":""}""", "'segment' is -1")]
    [InlineData("""{"type":"partial","segment":2147483648,"revision":0,"text":""}""", "'segment' is 2147483648")]
    [InlineData("""{"type":"partial","segment":0,"segment":0,"revision":0,"text":""}""", "the field 'segment' comes twice")]
    [InlineData("""{"type":"partial","segment":"0","revision":0,"text":""}""", "expected an integer, found a string")]
    [InlineData("""{"type":"partial","segment":0.5,"revision":0,"text":""}""", "expected an integer")]
    [InlineData("""{"type":"partial","segment":0,"revision":0,"text":1}""", "expected a string, found a number")]
    [InlineData("""{"type":"partial","segment":0,"revision":0,"text":"\ud83d"}""", "not valid Unicode")]
    [InlineData("""{"type":"committed","until":-1}""", "a time cannot be negative")]
    [InlineData("""{"type":"committed","until":1e999}""", "not finite")]
    [InlineData("""{"type":"transcript","segment":0,"start":2,"end":1,"text":"","language":"en","confidence":1}""", "'end' lies before 'start'")]
    [InlineData("""{"type":"transcript","segment":0,"start":1,"end":2,"text":"","language":"en","confidence":1.5}""", "allowed are 0..1")]
    [InlineData("""{"type":"transcript","words":[{"word":"a"}]}""", "a word needs")]
    [InlineData("""{"type":"transcript","words":{}}""", "expected an array, found an object")]
    [InlineData("""{"type":"ready","client_id":"white space"}""", "'client_id' must be")]
    [InlineData("""{"type":"done"} {}""", "not valid JSON")]
    [InlineData("""{"type":"done" """, "not valid JSON")]
    [InlineData("[1]", "expected an object, found an array")]
    [InlineData("", "not valid JSON")]
    public void What_is_wrong_is_said(string json, string reason) =>
        Should.Throw<MalformedMessageException>(() => ReadJson(json)).Reason.ShouldContain(reason);

    [Fact]
    public void A_number_that_JSON_does_not_have_is_written_in_neither_format()
    {
        Should.Throw<ArgumentException>(() => new Committed(double.NaN).ToJson());
        Should.Throw<ArgumentException>(() => new Committed(double.PositiveInfinity).ToMessagePack());
    }

    private static ServerMessage ReadJson(string json) => ServerMessage.ReadJson(Encoding.UTF8.GetBytes(json));
}
