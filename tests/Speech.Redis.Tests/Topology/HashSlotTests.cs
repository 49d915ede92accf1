using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Speech.Redis.Tests.Topology;

public class HashSlotTests
{
    [Theory]
    [InlineData("123456789", 0x31C3)] // the check value of CRC-16/XMODEM
    [InlineData("", 0)]
    [InlineData("{user1000}.following", 3443)]
    [InlineData("{user1000}.followers", 3443)]
    [InlineData("foo{bar}{zap}", 5061)] // as "bar"
    [InlineData("bar", 5061)]
    public void A_key_lies_where_the_specification_says(string key, int slot) => HashSlot.Of(key).ShouldBe(slot);

    [Fact]
    public void Only_what_stands_in_the_first_braces_counts_unless_that_is_nothing() =>
        Prop.ForAll<string, string>((a, b) =>
        {
            var (before, tag) = (Clean(a), Clean(b));
            HashSlot.Of($"{{{tag}x}}after").ShouldBe(HashSlot.Of($"{tag}x"));
            HashSlot.Of($"{before}{{{tag}x}}{{other}}").ShouldBe(HashSlot.Of($"{tag}x"));
            HashSlot.Of(before + "{}" + tag).ShouldBe(HashSlot.Of(Encoding.UTF8.GetBytes(before + "{}" + tag)));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Text_numbers_and_bytes_are_hashed_as_they_are_sent()
    {
        HashSlot.Of((RedisArgument)12345).ShouldBe(HashSlot.Of("12345"));
        HashSlot.Of((RedisArgument)"Grüße"u8.ToArray()).ShouldBe(HashSlot.Of("Grüße"));
    }

    private static string Clean(string? text) => (text ?? "").Replace("{", "", StringComparison.Ordinal).Replace("}", "", StringComparison.Ordinal);
}
