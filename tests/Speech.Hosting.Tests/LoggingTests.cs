using System.Text.Json;
using Serilog.Events;
using Serilog.Parsing;
using Speech.Hosting.Logging;

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

    [Theory]
    [InlineData(LogFormat.Text)]
    [InlineData(LogFormat.Json)]
    public void Nothing_that_is_logged_begins_a_line_or_steers_a_terminal(LogFormat format)
    {
        const string Hostile = "x\r\n12:34:56.789 ERR gateway: forged\u001b[2J\u009b1m\u0085\u2028\u202e";
        var log = Format(format, LogEventLevel.Error, "{Language} is not known", new InvalidOperationException(
            Hostile), ("Language", Hostile), ("service", "gateway"));
        log.Any(letter => (char.IsControl(letter) && letter != '\n') || letter is '\u2028' or '\u202e').ShouldBeFalse(log);
        var lines = log.TrimEnd('\n').Split('\n');
        lines[0].ShouldContain(@"forged\u001b[2J\u009b1m\u0085\u2028\u202e");
        lines[1..].ShouldAllBe(line => line.StartsWith("  "));
        if (format == LogFormat.Json)
            JsonDocument.Parse(lines.ShouldHaveSingleItem()).RootElement.GetProperty("Language").GetString().ShouldBe(Hostile);
        else
            lines[0].ShouldStartWith(@"12:34:56.789 ERR gateway: x\u000d\u000a12:34:56.789 ERR gateway: forged");
    }

    [Fact]
    public void A_stack_trace_stays_readable()
    {
        Exception thrown;
        try
        {
            throw new InvalidOperationException("outer", new FormatException("inner"));
        }
        catch (InvalidOperationException e)
        {
            thrown = e;
        }
        var lines = Format(LogFormat.Text, LogEventLevel.Error, "Oops", thrown, ("service", "gateway")).Split('\n');
        lines[0].ShouldBe("12:34:56.789 ERR gateway: Oops");
        lines[1].ShouldBe("  System.InvalidOperationException: outer");
        lines.ShouldContain("   ---> System.FormatException: inner");
        lines.ShouldContain(line => line.StartsWith("     at Speech.Hosting.Tests.LoggingTests.A_stack_trace_stays_readable()"));
    }

    [Theory]
    [InlineData(LogFormat.Text)]
    [InlineData(LogFormat.Json)]
    public void What_is_logged_has_bounds(LogFormat format) =>
        Format(format, LogEventLevel.Error, "{A}", new InvalidOperationException(
            new string('x', 1_000_000)), ("A", new string('y', 1_000_000))).Length.ShouldBeLessThan(100_000);

    private static string Format(LogFormat format, LogEventLevel level, string template, params (string Name, object Value)[] properties) =>
        Format(format, level, template, level == LogEventLevel.Error ? new InvalidOperationException("boom") : null, properties);

    private static string Format(
        LogFormat format, LogEventLevel level, string template, Exception? exception, params (string Name, object Value)[] properties)
    {
        var output = new StringWriter();
        LoggingSetup.FormatterOf(format).Format(
            new LogEvent(
                new DateTimeOffset(2026, 1, 2, 12, 34, 56, 789, TimeSpan.Zero),
                level,
                exception,
                new MessageTemplateParser().Parse(template),
                properties.Select(property => new LogEventProperty(property.Name, new ScalarValue(property.Value)))),
            output);
        return output.ToString();
    }
}
