using Speech.Contracts.Settings;
using Speech.Hosting.Settings;

namespace Speech.Hosting.Tests;

public class EnvironmentSettingsTests
{
    private enum Device
    {
        Cpu,
        Cuda,
    }

    [Fact]
    public void Defaults_hold_when_nothing_or_only_space_is_given()
    {
        var settings = With(("SIZE", " "), ("RATIO", ""));
        settings.GetInt("SIZE", 8, 1, 64).ShouldBe(8);
        settings.GetDouble("RATIO", 0.5, 0, 1).ShouldBe(0.5);
        settings.GetString("NAME", "anna").ShouldBe("anna");
        settings.GetBool("FLAG", true).ShouldBeTrue();
        settings.GetEnum("DEVICE", Device.Cuda).ShouldBe(Device.Cuda);
        settings.Problems.ShouldBeEmpty();
        settings.ThrowIfInvalid();
    }

    [Fact]
    public void Values_are_read_without_regard_to_the_machine_s_language()
    {
        var settings = With(
            ("SIZE", " 16 "), ("RATIO", "0.25"), ("FLAG", "On"), ("DEVICE", "CPU"), ("WAIT_MS", "40"), ("WAIT_SECONDS", "1.5"));
        settings.GetInt("SIZE", 8, 1, 64).ShouldBe(16);
        settings.GetDouble("RATIO", 0.5, 0, 1).ShouldBe(0.25);
        settings.GetBool("FLAG", false).ShouldBeTrue();
        settings.GetEnum("DEVICE", Device.Cuda).ShouldBe(Device.Cpu);
        settings.GetMilliseconds("WAIT_MS", 10, 1, 1000).ShouldBe(TimeSpan.FromMilliseconds(40));
        settings.GetSeconds("WAIT_SECONDS", 10, 1, 1000).ShouldBe(TimeSpan.FromSeconds(1.5));
        settings.Problems.ShouldBeEmpty();
    }

    [Fact]
    public void All_that_is_wrong_is_reported_at_once_by_name_and_value_with_what_is_allowed()
    {
        var settings = With(
            ("SIZE", "many"),
            ("COUNT", "65"),
            ("RATIO", "1,5"),
            ("NAN", "NaN"),
            ("FLAG", "perhaps"),
            ("DEVICE", "0"));
        settings.GetInt("SIZE", 8, 1, 64).ShouldBe(8);
        settings.GetInt("COUNT", 8, 1, 64);
        settings.GetDouble("RATIO", 0.5, 0, 1.5);
        settings.GetDouble("NAN", 0.5, 0, 1);
        settings.GetBool("FLAG", false);
        settings.GetEnum("DEVICE", Device.Cpu);
        settings.Problems.ShouldBe(
        [
            "SIZE is 'many'; allowed are whole numbers from 1 to 64",
            "COUNT is '65'; allowed are whole numbers from 1 to 64",
            "RATIO is '1,5'; allowed are numbers from 0 to 1.5",
            "NAN is 'NaN'; allowed are numbers from 0 to 1",
            "FLAG is 'perhaps'; allowed are true and false",
            "DEVICE is '0'; allowed are cpu, cuda",
        ]);
        Should.Throw<SettingsException>(settings.ThrowIfInvalid).Problems.Count.ShouldBe(6);
    }

    [Fact]
    public void The_command_line_goes_before_the_environment_and_that_before_the_file()
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write(".env", "# a comment\nSPEECH_TEST_A=file\nSPEECH_TEST_B=\"from file\"\nexport SPEECH_TEST_C=file\n");
        Environment.SetEnvironmentVariable("SPEECH_TEST_A", "environment");
        Environment.SetEnvironmentVariable("SPEECH_TEST_C", "environment");
        var settings = EnvironmentSettings.Load(["--SPEECH_TEST_A", "line", "--other=1"], file);
        settings.GetString("SPEECH_TEST_A", "").ShouldBe("line");
        settings.GetString("SPEECH_TEST_B", "").ShouldBe("from file");
        settings.GetString("SPEECH_TEST_C", "").ShouldBe("environment");
        Environment.GetEnvironmentVariable("SPEECH_TEST_B").ShouldBeNull();
    }

    [Fact]
    public void A_file_that_cannot_be_read_is_a_problem_like_others_and_a_missing_one_is_none()
    {
        using var folder = new TemporaryFolder();
        EnvironmentSettings.Load([], folder.Write("broken", "THIS IS NOT = A 'SETTING\n")).Problems.ShouldHaveSingleItem()
            .ShouldContain("cannot be read");
        EnvironmentSettings.Load([], "/no/such/file").Problems.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("a$b$$c${HOME}d", "a$b$$c${HOME}d")]
    [InlineData("a#b", "a#b")]
    [InlineData("two words # a comment", "two words")]
    [InlineData("it's 5\" long", "it's 5\" long")]
    [InlineData(@"back\slash\n", @"back\slash\n")]
    [InlineData("' !\"#$%&()*+,-./:;<=>?@[]^_`{|}~ '", " !\"#$%&()*+,-./:;<=>?@[]^_`{|}~ ")]
    [InlineData("'a b' # a comment", "a b")]
    [InlineData("\"it's $5\"", "it's $5")]
    [InlineData(@"""a\""b\\c\$d\n\x""", "a\"b\\c$d\n\\x")]
    [InlineData("not/so@secret:", "not/so@secret:")]
    public void A_password_in_the_file_is_what_it_says(string written, string password)
    {
        using var folder = new TemporaryFolder();
        var settings = EnvironmentSettings.Load([], folder.Write(".env", $"\ufeff# of Redis\r\nREDIS_PASSWORD={written}\r\nPORT = 1 \n"));
        settings.Problems.ShouldBeEmpty();
        settings.FindSecret("REDIS_PASSWORD").ShouldBe(password);
        settings.GetInt("PORT", 0, 0, 9).ShouldBe(1);
    }

    // docker-compose 1.29 reads .env by python-dotenv; Compose v2's reader, which is not to be had here, takes all between single quotes
    // literally.
    [Fact]
    public async Task What_env_example_promises_of_single_quotes_docker_compose_keeps_too()
    {
        var allowed = string.Concat(
            Enumerable.Range(' ', '~' - ' ' + 1).Select(code => (char)code).Where(letter => letter is not ('\'' or '\\')));
        string[] passwords =
        [
            allowed.Replace("{", "", StringComparison.Ordinal), "a{$b", " blanks ", "$", "$$", "$HOME", "a #b", "#b", "\"", "a=b", "%s",
            .. allowed.Where(letter => letter != ' ').Select(letter => $"{letter}x{letter}"),
        ];
        using var folder = new TemporaryFolder();
        var file = folder.Write(".env", string.Concat(passwords.Select((password, i) => $"P{i}='{password}'\n")));
        using var python = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(
            "/usr/bin/python3", ["-c", "import dotenv, json, sys; print(json.dumps(dotenv.dotenv_values(sys.argv[1])))", file])
        {
            RedirectStandardOutput = true,
        })!;
        var theirs = System.Text.Json.JsonSerializer.Deserialize<Dictionary<string, string>>(await python.StandardOutput.ReadToEndAsync())!;
        var ours = EnvFile.Read(file);
        for (var i = 0; i < passwords.Length; i++)
        {
            ours[$"P{i}"].ShouldBe(passwords[i]);
            theirs[$"P{i}"].ShouldBe(passwords[i]);
        }
    }

    [Theory]
    [InlineData("REDIS_PASSWORD='hush", "line 2 begins a value with a quote that does not end")]
    [InlineData("REDIS_PASSWORD='hush'hush", "line 2 has more after the quote that ends its value")]
    [InlineData("REDIS_PASSWORD hush", "line 2 has no '=': a line is NAME=value")]
    [InlineData("REDIS PASSWORD=hush", "line 2 has no name of letters, digits and '_' before its '='")]
    [InlineData("=hush", "line 2 has no name")]
    public void What_is_wrong_in_the_file_is_told_by_its_line_and_never_by_what_is_in_it(string line, string problem)
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write(".env", $"# a comment\n{line}\n");
        var told = EnvironmentSettings.Load([], file).Problems.ShouldHaveSingleItem();
        told.ShouldStartWith($"the file {file} cannot be read: {problem}");
        told.ShouldNotContain("hush");
    }

    [Fact]
    public void A_name_that_is_no_setting_is_told_of_with_the_likely_one()
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write(
            ".env", "MAX_BATCHSIZE=4\nTRANSLATION_MODEL=x\nGATEWAY_MEMORY=1g\nCOMPOSE_PROJECT_NAME=a\nWHATEVER_ELSE=1\n");
        Environment.SetEnvironmentVariable("REDIS_URI", "redis://:hush@host");
        try
        {
            EnvironmentSettings.Load(["--max_sesions", "4", "--PORT=1", "--urls", "http://localhost"], file).Complaints.ShouldBe(
            [
                $"MAX_BATCHSIZE (in {file}) is no setting and does nothing: is MAX_BATCH_SIZE meant?",
                $"WHATEVER_ELSE (in {file}) is no setting and does nothing.",
                "MAX_SESIONS (on the command line) is no setting and does nothing: is MAX_SESSIONS meant?",
                "REDIS_URI (in the environment) is no setting and does nothing: is REDIS_URL meant?",
            ]);
        }
        finally
        {
            Environment.SetEnvironmentVariable("REDIS_URI", null);
        }
    }

    [Fact]
    public void The_names_of_settings_are_those_of_env_example() => SettingNames.All.ShouldBe(EnvExample.Settings.Keys);

    private static EnvironmentSettings With(params (string Name, string Value)[] variables) =>
        new(name => Array.Find(variables, variable => variable.Name == name).Value);
}
