using System.Text;

namespace Speech.Hosting.Settings;

/// <summary>
/// A .env file, as Docker Compose reads it too, as far as its versions agree:
/// <code>
/// # a comment
/// NAME=value of any words     # a comment, after a blank; blanks around the value do not count
/// NAME='$%# and "quotes"'     literally what is between the quotes; no ' and no \ in it
/// NAME="two\nlines"           \" \\ \$ \n \r \t are one character, other backslashes themselves
/// export NAME=value           the same as without
/// </code>
/// No value refers to another one: <c>$</c> is itself. (Compose lets it be itself between single quotes only.) Of a name that comes twice
/// the last counts.
/// </summary>
internal static class EnvFile
{
    private const string Export = "export ";

    /// <exception cref="FormatException">A line makes no sense: which one and why, without what is in it, which may be a
    /// secret.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static Dictionary<string, string> Read(string path)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        var number = 0;
        foreach (var line in File.ReadLines(path, Encoding.UTF8))
        {
            number++;
            var text = line.AsSpan().Trim();
            if (text.IsEmpty || text[0] == '#')
                continue;
            if (Parse(text, out var name, out var value) is { } problem)
                throw new FormatException($"line {number} {problem}");
            values[name] = value;
        }
        return values;
    }

    /// <returns>What is wrong; null: nothing.</returns>
    private static string? Parse(ReadOnlySpan<char> line, out string name, out string value)
    {
        name = value = "";
        if (line.StartsWith(Export))
            line = line[Export.Length..].TrimStart();
        var equals = line.IndexOf('=');
        if (equals < 0)
            return "has no '=': a line is NAME=value";
        var given = line[..equals].TrimEnd();
        if (given.IsEmpty || char.IsAsciiDigit(given[0]) || !IsName(given))
            return "has no name of letters, digits and '_' before its '='";
        name = given.ToString();
        var rest = line[(equals + 1)..].TrimStart();
        return rest is ['\'' or '"', ..] ? ParseQuoted(rest, out value) : ParsePlain(rest, out value);
    }

    private static string? ParsePlain(ReadOnlySpan<char> rest, out string value)
    {
        for (var at = 1; at < rest.Length; at++)
        {
            if (rest[at] == '#' && char.IsWhiteSpace(rest[at - 1]))
            {
                rest = rest[..at];
                break;
            }
        }
        value = rest.TrimEnd().ToString();
        return null;
    }

    private static string? ParseQuoted(ReadOnlySpan<char> rest, out string value)
    {
        var quote = rest[0];
        var text = new StringBuilder();
        value = "";
        var at = 1;
        for (; at < rest.Length && rest[at] != quote; at++)
        {
            if (quote == '"' && rest[at] == '\\' && at + 1 < rest.Length && Escaped(rest[at + 1]) is { } escaped)
            {
                text.Append(escaped);
                at++;
            }
            else
            {
                text.Append(rest[at]);
            }
        }
        if (at >= rest.Length)
            return "begins a value with a quote that does not end";
        var after = rest[(at + 1)..];
        if (!after.IsWhiteSpace() && !(char.IsWhiteSpace(after[0]) && after.TrimStart()[0] == '#'))
            return "has more after the quote that ends its value";
        value = text.ToString();
        return null;
    }

    private static char? Escaped(char letter) => letter switch
    {
        '"' or '\\' or '$' => letter,
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        _ => null,
    };

    private static bool IsName(ReadOnlySpan<char> name)
    {
        foreach (var letter in name)
        {
            if (!char.IsAsciiLetterOrDigit(letter) && letter is not ('_' or '.' or '-'))
                return false;
        }
        return true;
    }
}
