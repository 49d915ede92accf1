using System.Globalization;
using System.Numerics;
using Microsoft.Extensions.Configuration;
using Speech.Contracts.Settings;
using Speech.Hosting.Logging;

namespace Speech.Hosting.Settings;

/// <summary>
/// Reads settings: from the command line (<c>--PORT 8000</c>), else the environment, else an optional .env file, else the default.
/// An empty value is the same as none. A wrong value is remembered in <see cref="Problems"/> and the default returned, so that a
/// program can ask for all it needs and then report everything that is wrong at once.
/// </summary>
public sealed class EnvironmentSettings(Func<string, string?> find)
{
    private readonly List<string> _problems = [];

    /// <summary>What is wrong with the settings read so far.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>What was given and is no setting, with the one that was probably meant: to be warned of.</summary>
    public IReadOnlyList<string> Complaints { get; private init; } = [];

    /// <param name="args">The command line; what is not a setting in it is left alone.</param>
    /// <param name="envFile">Need not exist.</param>
    public static EnvironmentSettings Load(string[] args, string envFile = ".env")
    {
        string? problem = null;
        var file = new Dictionary<string, string>(StringComparer.Ordinal);
        if (File.Exists(envFile))
        {
            try
            {
                file = EnvFile.Read(envFile);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or FormatException)
            {
                problem = $"the file {envFile} cannot be read: {exception.Message}";
            }
        }
        var commandLine = new ConfigurationBuilder().AddCommandLine(args).Build();
        var settings = new EnvironmentSettings(
            name => FirstGiven(commandLine[name], Environment.GetEnvironmentVariable(name), file.GetValueOrDefault(name)))
        {
            // Names on the command line count in any case (--urls).
            Complaints =
            [
                .. file.Keys.Select(name => SettingNames.ComplaintOfGiven(name, $"in {envFile}")).OfType<string>(),
                .. commandLine.GetChildren()
                    .Select(given => SettingNames.ComplaintOfGiven(given.Key.ToUpperInvariant(), "on the command line")).OfType<string>(),
                .. SettingNames.ComplaintsOfEnvironment(Environment.GetEnvironmentVariables()),
            ],
        };
        if (problem is not null)
            settings.Report(problem);
        return settings;
    }

    public string GetString(string name, string defaultValue) => FindString(name) ?? defaultValue;

    /// <summary>The value without blanks around it, or null when there is none.</summary>
    public string? FindString(string name) => FirstGiven(find(name))?.Trim();

    /// <summary>A password or the like: the value as it is, blanks and all, or null when there is none.</summary>
    public string? FindSecret(string name) => FirstGiven(find(name));

    /// <param name="name">The variable.</param>
    /// <param name="defaultValue">When it is not set, or wrong.</param>
    /// <param name="min">The smallest value allowed.</param>
    /// <param name="max">The largest value allowed.</param>
    public int GetInt(string name, int defaultValue, int min, int max) =>
        Get(name, defaultValue, min, max, NumberStyles.AllowLeadingSign, "whole numbers");

    /// <inheritdoc cref="GetInt"/>
    public double GetDouble(string name, double defaultValue, double min, double max) =>
        Get(name, defaultValue, min, max, NumberStyles.Float, "numbers");

    /// <summary>A time given as a number of seconds; the variable's name should say so.</summary>
    public TimeSpan GetSeconds(string name, double defaultSeconds, double min, double max) =>
        TimeSpan.FromSeconds(GetDouble(name, defaultSeconds, min, max));

    /// <summary>A time given as a whole number of milliseconds; the variable's name should say so.</summary>
    public TimeSpan GetMilliseconds(string name, int defaultMilliseconds, int min, int max) =>
        TimeSpan.FromMilliseconds(GetInt(name, defaultMilliseconds, min, max));

    public bool GetBool(string name, bool defaultValue)
    {
        var text = FindString(name);
        switch (text?.ToLowerInvariant())
        {
            case null:
                return defaultValue;
            case "true" or "1" or "yes" or "on":
                return true;
            case "false" or "0" or "no" or "off":
                return false;
            default:
                Report(name, text, "true and false");
                return defaultValue;
        }
    }

    /// <summary>One of an enum's names, in lower case.</summary>
    public T GetEnum<T>(string name, T defaultValue)
        where T : struct, Enum
    {
        var text = FindString(name);
        if (text is null)
            return defaultValue;
        foreach (var value in Enum.GetValues<T>())
        {
            if (string.Equals(value.ToString(), text, StringComparison.OrdinalIgnoreCase))
                return value;
        }
        Report(name, text, string.Join(", ", Enum.GetNames<T>().Select(choice => choice.ToLowerInvariant())));
        return defaultValue;
    }

    /// <summary>For values with rules of their own: reports the value of a variable as wrong.</summary>
    /// <param name="name">The variable.</param>
    /// <param name="value">Its value; must not hold a secret.</param>
    /// <param name="allowed">Completes "allowed are …".</param>
    public void Report(string name, string value, string allowed) => Report($"{name} is '{value}'; allowed are {allowed}");

    public void Report(string problem) => _problems.Add(problem);

    /// <exception cref="SettingsException">Some of the settings read so far are wrong.</exception>
    public void ThrowIfInvalid()
    {
        if (_problems.Count > 0)
            throw new SettingsException([.. _problems]);
    }

    private T Get<T>(string name, T defaultValue, T min, T max, NumberStyles style, string what)
        where T : INumber<T>
    {
        var text = FindString(name);
        if (text is null)
            return defaultValue;
        if (T.TryParse(text, style, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max)
            return value;
        Report(name, text, string.Create(CultureInfo.InvariantCulture, $"{what} from {min} to {max}"));
        return defaultValue;
    }

    private static string? FirstGiven(params ReadOnlySpan<string?> values)
    {
        foreach (var value in values)
        {
            if (!string.IsNullOrWhiteSpace(value))
                return value;
        }
        return null;
    }
}
