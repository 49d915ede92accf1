using System.Text;
using Speech.Contracts.Client;

namespace Speech.Contracts.Tests;

public class ClientMessageTests
{
    [Fact]
    public void The_three_messages_survive()
    {
        foreach (var message in (ClientMessage[])[new Flush(), new Stop(), new Ping()])
            ClientMessage.ReadJson(message.ToJson()).ShouldBe(message);
        Encoding.UTF8.GetString(new Flush().ToJson()).ShouldBe("""{"type":"flush"}""");
    }

    [Fact]
    public void Unknown_fields_are_skipped() =>
        ClientMessage.ReadJson(""" { "id": [1, {}], "type" : "ping" } """u8).ShouldBe(new Ping());

    [Fact]
    public void An_unknown_type_is_a_message_too() =>
        ClientMessage.ReadJson("""{"type":"fl\u001by", "speed": 3}"""u8).ShouldBe(new UnknownMessage("fl\u001by"));

    [Theory]
    [InlineData("""{"type":1}""", "expected a string, found a number")]
    [InlineData("""{"type":null}""", "expected a string, found null")]
    [InlineData("""{"type":"stop","type":"ping"}""", "comes twice")]
    [InlineData("""{}""", "'type' is missing")]
    [InlineData("\"stop\"", "expected an object, found a string")]
    [InlineData("[]", "expected an object, found an array")]
    [InlineData("null", "expected an object, found null")]
    [InlineData("""{"type":"stop"}x""", "not valid JSON")]
    [InlineData("{'type':'stop'}", "not valid JSON")]
    [InlineData("", "not valid JSON")]
    public void What_is_wrong_is_said(string json, string reason) =>
        Should.Throw<MalformedMessageException>(() => ClientMessage.ReadJson(Encoding.UTF8.GetBytes(json))).Reason.ShouldContain(reason);

    [Fact]
    public void A_message_of_more_than_64_KiB_is_refused_whatever_it_says()
    {
        var json = """{"type":"stop"}""";
        ClientMessage.ReadJson(Encoding.UTF8.GetBytes(json.PadRight(ClientMessage.MaxBytes))).ShouldBe(new Stop());
        Should.Throw<MalformedMessageException>(() => ClientMessage.ReadJson(
            Encoding.UTF8.GetBytes(json.PadRight(ClientMessage.MaxBytes + 1))))
            .Reason.ShouldContain("allowed are 65536");
    }

    [Fact]
    public void Deep_nesting_is_refused() =>
        Should.Throw<MalformedMessageException>(
            () => ClientMessage.ReadJson(Encoding.UTF8.GetBytes($$"""{"x":{{new string('[', 60_000)}}}""")));
}
