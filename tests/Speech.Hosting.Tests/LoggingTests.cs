using System.Text.Json;
using Serilog.Events;
using Serilog.Parsing;

namespace Speech.Hosting.Tests;

public class LoggingTests
{
    [Theory]
    [InlineData("at redis://user:hush@host:6379/0.", "at redis://user:***@host:6379/0.")]
    [InlineData("at redis://:hush@host", "at redis://:***@host")]
    [InlineData("redis+sentinel://a:1,b:2/m?sentinel_password=hush", "redis+sentinel://a:1,b:2/m?sentinel_password=***")]
    [InlineData("GET /ws?codec=opus&token=hush&format=json", "GET /ws?codec=opus&token=***&format=json")]
    [InlineData("X-API-Key: hush, Accept: text", "X-API-Key: ***, Accept: text")]
    [InlineData("Authorization: Bearer hush.hush-hush==", "Authorization: Bearer ***")]
    [InlineData("""{"password":"hush","id":1}""", """{"password":"***","id":1}""")]
    [InlineData("at http://host:80/a@b, 12 tokens: fine", "at http://host:80/a@b, 12 tokens: fine")]
    public void Secrets_are_taken_out_and_nothing_else(string text, string expected) => Redaction.Redact(text).ShouldBe(expected);

    [Fact]
    public void Text_is_one_short_line_with_the_service_s_name()
    {
        var line = Format(LogFormat.Text, LogEventLevel.Warning, "Lost {Url}", ("Url", "redis://:hush@host"), ("service", "gateway"));
        line.ShouldBe("12:34:56.789 WRN gateway: Lost redis://:***@host\n");
    }

    [Fact]
    public void Json_is_one_object_a_line()
    {
        var line = Format(LogFormat.Json, LogEventLevel.Error, "Lost \"{Count}\"\n", ("Count", 3), ("service", "gateway"));
        line.ShouldEndWith("}\n");
        line.Count(character => character == '\n').ShouldBe(1);
        var json = JsonDocument.Parse(line).RootElement;
        json.GetProperty("level").GetString().ShouldBe("error");
        json.GetProperty("message").GetString().ShouldBe("Lost \"3\"\n");
        json.GetProperty("time").GetString().ShouldBe("2026-01-02T12:34:56.789Z");
        json.GetProperty("Count").GetInt32().ShouldBe(3);
        json.GetProperty("service").GetString().ShouldBe("gateway");
        json.GetProperty("exception").GetString().ShouldNotBeNull().ShouldContain("boom");
    }

    private static string Format(LogFormat format, LogEventLevel level, string template, params (string Name, object Value)[] properties)
    {
        var output = new StringWriter();
        LoggingSetup.FormatterOf(format).Format(
            new LogEvent(
                new DateTimeOffset(2026, 1, 2, 12, 34, 56, 789, TimeSpan.Zero),
                level,
                level == LogEventLevel.Error ? new InvalidOperationException("boom") : null,
                new MessageTemplateParser().Parse(template),
                properties.Select(property => new LogEventProperty(property.Name, new ScalarValue(property.Value)))),
            output);
        return output.ToString();
    }
}
