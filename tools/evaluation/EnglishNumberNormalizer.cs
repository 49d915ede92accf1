using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;

namespace Speech.Evaluation;

/// <summary>
/// Spelled-out English numbers as digits: "forty three thousand two hundred and sixty" is 43260, "nineteen fifties" 1950s, "two dollars and
/// seventy cents" $2.70, "double oh seven" 007, "ninety percent" 90%.
/// <para>
/// The words are read from left to right with one number in the making. It is either a <em>quantity</em>, which multipliers and smaller
/// numbers are added to, or, as soon as the words cannot be one quantity ("nineteen ninety nine", "nine one one"), a row of
/// <em>digits</em>, which others are appended to.
/// </para>
/// </summary>
/// <remarks>
/// Source: openai/whisper, <c>normalizers/english.py</c>, EnglishNumberNormalizer: the same decisions, quirks included, but for one: there
/// an unescaped dot makes 12 cents of $0612.
/// </remarks>
internal static partial class EnglishNumberNormalizer
{
    /// <param name="text">Lower case, without punctuation except in numbers.</param>
    public static string Normalize(string text) => Finish(string.Join(' ', new Reader(Split(Prepare(text))).Read()));

    public static string[] Split(string text) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

    /// <summary>"and a half" becomes "point five", "half a million" 0.5 million; letters and digits are parted, but not 10th.</summary>
    private static string Prepare(string text)
    {
        var parts = new List<string>();
        var segments = AndAHalf().Split(text);
        for (var i = 0; i < segments.Length; i++)
        {
            if (string.IsNullOrWhiteSpace(segments[i]))
                continue;
            parts.Add(segments[i]);
            if (i == segments.Length - 1)
                continue;
            var last = Split(segments[i])[^1];
            parts.Add(EnglishNumberWords.IsDecimal(last) || EnglishNumberWords.Multipliers.ContainsKey(last) ? "point five" : "and a half");
        }

        text = HalfAMillion().Replace(string.Join(' ', parts), "0.5 $1");
        text = LetterThenDigit().Replace(text, "$1 $2");
        text = DigitThenLetter().Replace(text, "$1 $2");
        return Suffix().Replace(text, "$1$2");
    }

    /// <summary>Puts dollars and cents together, and writes a lone 1 as a word, which is easier to read.</summary>
    private static string Finish(string text)
    {
        text = DollarsAndCents().Replace(text, match => string.Create(
            CultureInfo.InvariantCulture,
            $"{match.Groups[1].Value}{match.Groups[2].Value}.{int.Parse(match.Groups[3].ValueSpan, CultureInfo.InvariantCulture):00}"));
        text = OnlyCents().Replace(text, match => string.Create(
            CultureInfo.InvariantCulture, $"¢{int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture)}"));
        return LoneOne().Replace(text, "one$1");
    }

    [GeneratedRegex(@"\band\s+a\s+half\b")]
    private static partial Regex AndAHalf();

    [GeneratedRegex(
        @"\b(?:a\s+half\s+|half\s+(?:a\s+)?)(quadrillion|quintillion|septillion|sextillion|decillion|nonillion|octillion|trillion|thousand|billion|hundred|million)\b")]
    private static partial Regex HalfAMillion();

    [GeneratedRegex("([a-z])([0-9])")]
    private static partial Regex LetterThenDigit();

    [GeneratedRegex("([0-9])([a-z])")]
    private static partial Regex DigitThenLetter();

    [GeneratedRegex(@"([0-9])\s+(st|nd|rd|th|s)\b")]
    private static partial Regex Suffix();

    [GeneratedRegex(@"([€£$])([0-9]+) (?:and )?¢([0-9]{1,2})\b")]
    private static partial Regex DollarsAndCents();

    [GeneratedRegex(@"[€£$]0\.([0-9]{1,2})\b")]
    private static partial Regex OnlyCents();

    [GeneratedRegex(@"\b1(s?)\b")]
    private static partial Regex LoneOne();

    [GeneratedRegex(@"^[0-9]+(\.[0-9]+)?$")]
    private static partial Regex Numeral();

    /// <summary>The number in the making: a quantity or a row of digits, which may have a decimal point.</summary>
    private readonly record struct Number(BigInteger Quantity, string? Digits)
    {
        public static implicit operator Number(BigInteger quantity) => new(quantity, null);

        public static implicit operator Number(string digits) => new(default, digits);

        public override string ToString() => Digits ?? Quantity.ToString(CultureInfo.InvariantCulture);

        /// <summary>The product, if both number and product are whole quantities or can be read as such.</summary>
        public BigInteger? Times(BigInteger multiplier)
        {
            var text = ToString();
            var point = text.IndexOf('.', StringComparison.Ordinal);
            var places = point < 0 ? 0 : text.Length - point - 1;
            var digits = point < 0 ? text : text.Remove(point, 1);
            if (!BigInteger.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var numerator))
                return null;
            var (quotient, remainder) = BigInteger.DivRem(numerator * multiplier, BigInteger.Pow(10, places));
            return remainder.IsZero ? quotient : null;
        }
    }

    private sealed class Reader(string[] words)
    {
        private readonly List<string> _output = [];
        private Number? _number;
        private char? _symbol;

        public List<string> Read()
        {
            for (var i = 0; i < words.Length; i++)
            {
                if (Take(words[i], i > 0 ? words[i - 1] : "", i + 1 < words.Length ? words[i + 1] : ""))
                    i++;
            }

            WriteNumber();
            return _output;
        }

        private static bool CanBeNumber(string word) => Numeral().IsMatch(word) || EnglishNumberWords.Contains(word);

        /// <returns>True if the next word was used up too.</returns>
        private bool Take(string word, string previous, string next)
        {
            var bare = EnglishNumberWords.IsSymbol(word[0]) ? word[1..] : word;
            if (Numeral().IsMatch(bare))
                TakeNumeral(word, bare);
            else if (EnglishNumberWords.Zeros.Contains(word))
                _number = DigitsOrNothing() + "0";
            else if (EnglishNumberWords.Ones.TryGetValue(word, out var ones))
                _number = Add(ones, previous);
            else if (EnglishNumberWords.OnesSuffixed.TryGetValue(word, out var suffixedOnes))
                Write(Add(suffixedOnes.Value, previous) + suffixedOnes.Suffix);
            else if (EnglishNumberWords.Tens.TryGetValue(word, out var tens))
                _number = AddTens(tens);
            else if (EnglishNumberWords.TensSuffixed.TryGetValue(word, out var suffixedTens))
                Write(AddTens(suffixedTens.Value) + suffixedTens.Suffix);
            else if (EnglishNumberWords.Multipliers.TryGetValue(word, out var multiplier))
                _number = Multiply(multiplier);
            else if (EnglishNumberWords.MultipliersSuffixed.TryGetValue(word, out var suffixed))
                Write(Multiply(suffixed.Value) + suffixed.Suffix);
            else if (EnglishNumberWords.Signs.TryGetValue(word, out var sign))
                TakeSign(word, sign, next);
            else if (EnglishNumberWords.Currencies.TryGetValue(word, out var currency))
                TakeCurrency(word, currency);
            else if (word is "per" or "percent")
                return TakePercent(word, next);
            else if (word is "and" or "double" or "triple" or "point" && CanBeNumber(next))
                return TakeSpecial(word, previous, next);
            else
                WriteWord(word);
            return false;
        }

        private void TakeNumeral(string word, string bare)
        {
            // After a point come decimals, or the next part of an address.
            if (_number is { Digits: [.., '.'] digits })
            {
                _number = digits + word;
                return;
            }

            WriteNumber();
            if (bare.Length < word.Length)
                _symbol = word[0];
            // 3.0 is the quantity 3; 3.10 stays as it is written.
            _number = new Number(default, bare).Times(1) is { } quantity ? quantity : (Number)bare;
        }

        /// <summary>The number with one of 1 to 19 added or appended.</summary>
        private Number Add(int ones, string previous)
        {
            if (_number is not { } number)
                return (BigInteger)ones;
            if (number.Digits is not null || EnglishNumberWords.Ones.ContainsKey(previous))
            {
                // "nineteen twenty" and now "one": its last zero gives way.
                var digits = number.ToString();
                return EnglishNumberWords.Tens.ContainsKey(previous) && ones < 10 && digits.EndsWith('0')
                    ? $"{digits[..^1]}{ones}" : $"{digits}{ones}";
            }

            return number.Quantity % (ones < 10 ? 10 : 100) == 0 ? number.Quantity + ones : $"{number}{ones}";
        }

        private Number AddTens(int tens)
        {
            if (_number is not { } number)
                return (BigInteger)tens;
            return number.Digits is null && number.Quantity % 100 == 0 ? number.Quantity + tens : $"{number}{tens}";
        }

        private Number Multiply(BigInteger multiplier)
        {
            if (_number is not { } number)
                return multiplier;

            if (number.Digits is not null || number.Quantity.IsZero)
            {
                if (number.Times(multiplier) is { } product)
                    return product;
                WriteNumber();
                return multiplier;
            }

            // Only what is below a thousand is multiplied: "two thousand three hundred".
            var residual = number.Quantity % 1000;
            return number.Quantity - residual + residual * multiplier;
        }

        private void TakeSign(string word, char sign, string next)
        {
            WriteNumber();
            if (CanBeNumber(next))
                _symbol = sign;
            else
                WriteWord(word);
        }

        private void TakeCurrency(string word, char currency)
        {
            if (_number is null)
            {
                WriteWord(word);
                return;
            }

            _symbol = currency;
            WriteNumber();
        }

        private bool TakePercent(string word, string next)
        {
            if (_number is { } number && (word == "percent" || next == "cent"))
            {
                Write(number + "%");
                return word == "per";
            }

            WriteWord(word);
            return false;
        }

        private bool TakeSpecial(string word, string previous, string next)
        {
            switch (word)
            {
                case "and" when EnglishNumberWords.Multipliers.ContainsKey(previous):
                    return false;

                case "double" or "triple" when EnglishNumberWords.Ones.ContainsKey(next) || EnglishNumberWords.Zeros.Contains(next):
                    var digit = EnglishNumberWords.Ones.GetValueOrDefault(next).ToString(CultureInfo.InvariantCulture);
                    _number = DigitsOrNothing() + digit + digit + (word == "triple" ? digit : "");
                    return true;

                case "point":
                    if (EnglishNumberWords.IsDecimal(next) || Numeral().IsMatch(next))
                        _number = DigitsOrNothing() + ".";
                    return false;

                default:
                    WriteWord(word);
                    return false;
            }
        }

        /// <summary>What further digits are appended to: a quantity of nought counts as nothing, as in the original.</summary>
        private string DigitsOrNothing() =>
            _number is { } number && !(number.Digits is null && number.Quantity.IsZero) ? number.ToString() : "";

        private void WriteNumber()
        {
            if (_number is { } number)
                Write(number.ToString());
        }

        private void WriteWord(string word)
        {
            WriteNumber();
            Write(word);
        }

        /// <summary>Writes a number or word, with the sign or currency that waits for it.</summary>
        private void Write(string text)
        {
            _output.Add(_symbol + text);
            _number = null;
            _symbol = null;
        }
    }
}
