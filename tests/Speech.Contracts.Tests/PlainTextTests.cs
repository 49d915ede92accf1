using FsCheck.Fluent;
using Speech.Contracts.Text;

namespace Speech.Contracts.Tests;

public class PlainTextTests
{
    [Theory]
    [InlineData("plain, ünï and 語 and 👋", "plain, ünï and 語 and 👋")]
    [InlineData("a\r\nb", @"a\u000d\u000ab")]
    [InlineData("\u001b[31mred", @"\u001b[31mred")]
    [InlineData("\u009b31m\u0085", @"\u009b31m\u0085")]
    [InlineData("a\u202eb\u2066c\u2028d", @"a\u202eb\u2066c\u2028d")]
    [InlineData("tab\t", @"tab\u0009")]
    public void What_steers_is_seen_and_does_nothing(string text, string expected) => PlainText.Escape(text).ShouldBe(expected);

    [Fact]
    public void Lines_stay_lines() => PlainText.EscapeLines("a\tb\n\u001bc\r\n").ShouldBe("a\tb\n\\u001bc\n");

    [Fact]
    public void A_long_text_is_cut_between_characters()
    {
        PlainText.Shorten("abc", 3).ShouldBe("abc");
        PlainText.Shorten("abcd", 3).ShouldBe("abc…");
        PlainText.Shorten("ab👋d", 3).ShouldBe("ab…");
        PlainText.Shorten("\u001bcd", 2).ShouldBe(@"\u001bc…");
    }

    [Fact]
    public void No_text_has_a_control_character_afterwards_and_a_plain_one_is_itself() =>
        Properties.HoldFor(Gen.Choose(0, 0xffff).Select(code => (char)code).ArrayOf().Select(letters => new string(letters)), text =>
        {
            var escaped = PlainText.Escape(text);
            escaped.Any(char.IsControl).ShouldBeFalse();
            PlainText.Escape(escaped).ShouldBe(escaped);
        });

    [Theory]
    [InlineData("MAX_BATCHSIZE", "MAX_BATCH_SIZE")]
    [InlineData("max-batch-size", "MAX_BATCH_SIZE")]
    [InlineData("MAX_BACTH_SIZE", "MAX_BATCH_SIZE")]
    [InlineData("PROT", "PORT")]
    [InlineData("LANGUAGE", null)]
    [InlineData("HOME", null)]
    [InlineData("", null)]
    public void A_misspelt_name_is_near_to_the_one_meant(string name, string? meant) =>
        NearestName.Find(name, ["MAX_BATCH_SIZE", "TRANSLATION_MAX_BATCH_SIZE", "PORT", "HOST", "REDIS_URL"]).ShouldBe(meant);
}
