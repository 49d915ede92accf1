using System.CommandLine;
using System.CommandLine.Parsing;
using Speech.Contracts.Text;

namespace Speech.CommandLine;

/// <summary>
/// What is wrong with a command line. An option that does not exist is an error, and not, as the parser has it, one more file or text: what
/// begins with '-' is an option unless it is "-" alone, a number, or comes after "--". (Compiled into each program that has commands.)
/// </summary>
internal static class Usage
{
    /// <returns>A line each; none: it can be run.</returns>
    public static IReadOnlyList<string> Problems(ParseResult parsed)
    {
        var tokens = parsed.Tokens.ToList();
        var end = tokens.FindIndex(token => token.Type == TokenType.DoubleDash);
        Token[] literal = end < 0 ? [] : [.. tokens[(end + 1)..]];
        var options = Options(parsed.CommandResult);
        string[] given = [.. Values(parsed.CommandResult)
            .Where(token => !literal.Any(one => ReferenceEquals(one, token)))
            .Select(token => token.Value)
            .Concat(parsed.UnmatchedTokens.Where(value => !literal.Any(token => token.Value == value)))
            .Where(LooksLikeOption)
            .Distinct()];
        if (given.Length > 0)
            return [.. given.Select(option => Unknown(option, options))];
        return [.. parsed.Errors.Select(error => error.Message).Distinct()];
    }

    /// <summary>A command as it is typed: "speech models pull".</summary>
    public static string Path(CommandResult command) =>
        command.Parent is CommandResult parent ? $"{Path(parent)} {command.Command.Name}" : command.Command.Name;

    private static string Unknown(string given, IReadOnlyList<string> options)
    {
        var name = given.Split('=', ':')[0];
        var problem = options.Contains(name)
            ? $"{name} takes no value."
            : $"There is no option {name}{(NearestName.Find(name, options.Where(option => option.StartsWith("--", StringComparison.Ordinal))) is { } likely ? $": is {likely} meant?" : ".")}";
        return name.StartsWith("--", StringComparison.Ordinal) ? problem : $"{problem} (A file of that name: ./{name})";
    }

    private static bool LooksLikeOption(string value) =>
        value.Length > 1 && value[0] == '-' && !double.TryParse(value, System.Globalization.CultureInfo.InvariantCulture, out _);

    private static IEnumerable<Token> Values(CommandResult command) =>
        command.Children.OfType<ArgumentResult>().SelectMany(argument => argument.Tokens);

    private static List<string> Options(CommandResult command) =>
        [.. command.Command.Options.SelectMany(option => option.Aliases.Prepend(option.Name)),
         .. command.Parent is CommandResult parent
            ? parent.Command.Options.Where(option => option.Recursive).SelectMany(option => option.Aliases.Prepend(option.Name))
            : []];
}
