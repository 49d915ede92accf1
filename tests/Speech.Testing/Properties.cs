using FsCheck;
using FsCheck.Fluent;

namespace Speech.Testing;

/// <summary>What must be so for every value, tried on many generated ones.</summary>
public static class Properties
{
    /// <summary>Checks 500 generated values, always the same ones; the failing one is in the message.</summary>
    public static void HoldFor<T>(Gen<T> values, Action<T> check) =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(500).WithReplay(new Replay(new Rnd(20260101), null)),
            Prop.ForAll(values.ToArbitrary(), check));
}
