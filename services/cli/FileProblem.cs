using Speech.Audio;

namespace Speech.Cli;

/// <summary>What is wrong with a file, for a line that begins with its name: in words that do not name it again.</summary>
internal static class FileProblem
{
    /// <summary>What .NET puts in place of bytes that are no UTF-8; a name that has it cannot be opened.</summary>
    private const char Replacement = '\uFFFD';

    public static bool IsOne(Exception error) =>
        error is AudioFormatException or IOException or UnauthorizedAccessException;

    public static string Describe(Exception error, string file) => error switch
    {
        FileNotFoundException or DirectoryNotFoundException when file.Contains(Replacement, StringComparison.Ordinal) =>
            "its name is not UTF-8, and cannot be opened; rename it, or give it as standard input: transcribe - < FILE",
        FileNotFoundException or DirectoryNotFoundException => "there is no such file.",
        UnauthorizedAccessException => Directory.Exists(file) ? "this is a folder; name the files in it." : "permission denied.",
        _ => Without(error.Message, file),
    };

    // "No space left on device : '/a/b'", "/a/b: The format is not known".
    private static string Without(string message, string file)
    {
        foreach (var name in (string[])[file, Path.GetFullPath(file)])
        {
            foreach (var form in (string[])[$" : '{name}'", $"{name}: "])
                message = message.Replace(form, "", StringComparison.Ordinal);
        }
        return message;
    }
}
