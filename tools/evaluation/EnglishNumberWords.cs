using System.Collections.Frozen;
using System.Numerics;

namespace Speech.Evaluation;

/// <summary>The words that English numbers are made of. A suffix is what follows the digits: "fifties" is 50 and "s".</summary>
internal static class EnglishNumberWords
{
    private static readonly string[] OneToNineteen =
    [
        "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen",
        "fifteen",
        "sixteen", "seventeen", "eighteen", "nineteen",
    ];

    private static readonly string[] IrregularOrdinals = ["three", "five", "twelve"];

    public static FrozenSet<string> Zeros { get; } = FrozenSet.Create("o", "oh", "zero");

    public static FrozenDictionary<string, int> Ones { get; } =
        OneToNineteen.Select((name, index) => KeyValuePair.Create(name, index + 1)).ToFrozenDictionary();

    public static FrozenDictionary<string, int> Tens { get; } = new Dictionary<string, int>
    {
        ["twenty"] = 20,
        ["thirty"] = 30,
        ["forty"] = 40,
        ["fifty"] = 50,
        ["sixty"] = 60,
        ["seventy"] = 70,
        ["eighty"] = 80,
        ["ninety"] = 90,
    }.ToFrozenDictionary();

    public static FrozenDictionary<string, BigInteger> Multipliers { get; } = new Dictionary<string, BigInteger>
    {
        ["hundred"] = 100,
        ["thousand"] = 1000,
        ["million"] = PowerOfThousand(2),
        ["billion"] = PowerOfThousand(3),
        ["trillion"] = PowerOfThousand(4),
        ["quadrillion"] = PowerOfThousand(5),
        ["quintillion"] = PowerOfThousand(6),
        ["sextillion"] = PowerOfThousand(7),
        ["septillion"] = PowerOfThousand(8),
        ["octillion"] = PowerOfThousand(9),
        ["nonillion"] = PowerOfThousand(10),
        ["decillion"] = PowerOfThousand(11),
    }.ToFrozenDictionary();

    public static FrozenDictionary<string, (int Value, string Suffix)> OnesSuffixed { get; } =
        Ones.Select(one => KeyValuePair.Create(one.Key == "six" ? "sixes" : one.Key + "s", (one.Value, "s")))
            .Concat(Ones.Where(one => one.Value > 3 && !IrregularOrdinals.Contains(one.Key))
                .Select(one => KeyValuePair.Create(one.Key + (one.Key.EndsWith('t') ? "h" : "th"), (one.Value, "th"))))
            .Concat(
            [
                new("zeroth", (0, "th")), new("first", (1, "st")), new("second", (2, "nd")), new("third", (3, "rd")), new(
                    "fifth", (5, "th")),
                new("twelfth", (12, "th")),
            ])
            .ToFrozenDictionary();

    public static FrozenDictionary<string, (int Value, string Suffix)> TensSuffixed { get; } =
        Tens.SelectMany(ten => (KeyValuePair<string, (int, string)>[])[new(ten.Key[..^1] + "ies", (ten.Value, "s")), new(
            ten.Key[..^1] + "ieth", (ten.Value, "th"))])
            .ToFrozenDictionary();

    public static FrozenDictionary<string, (BigInteger Value, string Suffix)> MultipliersSuffixed { get; } =
        Multipliers.SelectMany(multiplier => (KeyValuePair<string, (BigInteger, string)>[])[new(
            multiplier.Key + "s", (multiplier.Value, "s")), new(multiplier.Key + "th", (multiplier.Value, "th"))])
            .ToFrozenDictionary();

    /// <summary>Before a number.</summary>
    public static FrozenDictionary<string, char> Signs { get; } =
        new Dictionary<string, char> { ["minus"] = '-', ["negative"] = '-', ["plus"] = '+', ["positive"] = '+' }.ToFrozenDictionary();

    /// <summary>After a number, and written before it.</summary>
    public static FrozenDictionary<string, char> Currencies { get; } = new Dictionary<string, char>
    {
        ["pound"] = '£',
        ["pounds"] = '£',
        ["euro"] = '€',
        ["euros"] = '€',
        ["dollar"] = '$',
        ["dollars"] = '$',
        ["cent"] = '¢',
        ["cents"] = '¢',
    }.ToFrozenDictionary();

    /// <summary>What may come after a decimal point.</summary>
    public static bool IsDecimal(string word) => Ones.ContainsKey(word) || Tens.ContainsKey(word) || Zeros.Contains(word);

    public static bool IsSymbol(char c) => c is '-' or '+' or '£' or '€' or '$' or '¢';

    /// <summary>Any word that can be part of a number.</summary>
    public static bool Contains(string word) =>
        IsDecimal(word) || OnesSuffixed.ContainsKey(word) || TensSuffixed.ContainsKey(word) || Multipliers.ContainsKey(word)
        || MultipliersSuffixed.ContainsKey(word) || Signs.ContainsKey(word) || Currencies.ContainsKey(word)
        || word is "per" or "percent" or "and" or "double" or "triple" or "point";

    private static BigInteger PowerOfThousand(int exponent) => BigInteger.Pow(1000, exponent);
}
