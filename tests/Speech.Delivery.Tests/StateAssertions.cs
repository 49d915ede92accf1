using Speech.Delivery.Sessions;

namespace Speech.Delivery.Tests;

internal static class StateAssertions
{
    public static void ShouldSay(this SessionState state, int segments, double committed, long seq, int released)
    {
        (state.Segments, state.CommittedSeconds, state.Seq, state.Released).ShouldBe((segments, committed, seq, released));
        state.Translating.ShouldBeEmpty();
    }
}
