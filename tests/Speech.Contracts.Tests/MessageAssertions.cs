using Speech.Contracts.Jobs;
using Speech.Contracts.Server;
using Speech.Contracts.Sessions;

namespace Speech.Contracts.Tests;

internal static class MessageAssertions
{
    /// <summary>Equal in every field; a record compares its lists only by reference.</summary>
    public static void ShouldSay(this ServerMessage actual, ServerMessage expected)
    {
        if (actual is Transcript one && expected is Transcript other)
        {
            (one.Words ?? []).ShouldBe(other.Words ?? []);
            (one.Words is null).ShouldBe(other.Words is null);
            (one.Translations ?? []).ShouldBe(other.Translations ?? []);
            actual = one with { Words = null, Translations = null };
            expected = other with { Words = null, Translations = null };
        }
        actual.ShouldBe(expected);
    }

    public static void ShouldSay(this AudioJob actual, AudioJob expected)
    {
        actual.Audio.Span.SequenceEqual(expected.Audio.Span).ShouldBeTrue();
        actual.Translate.ShouldBe(expected.Translate);
        (actual.ClientId, actual.Segment, actual.Kind, actual.Revision).ShouldBe(
            (expected.ClientId, expected.Segment, expected.Kind, expected.Revision));
        (actual.Start, actual.End, actual.CreatedAt).ShouldBe((expected.Start, expected.End, expected.CreatedAt));
        (actual.Language, actual.Prompt, actual.Words, actual.TraceId)
            .ShouldBe((expected.Language, expected.Prompt, expected.Words, expected.TraceId));
    }
}
