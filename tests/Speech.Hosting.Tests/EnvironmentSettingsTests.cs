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
        settings.GetUrl("URL", "http://localhost", "http").ShouldBe(new Uri("http://localhost"));
        settings.Problems.ShouldBeEmpty();
        settings.ThrowIfInvalid();
    }

    [Fact]
    public void Values_are_read_without_regard_to_the_machine_s_language()
    {
        var settings = With(
            ("SIZE", " 16 "), ("RATIO", "0.25"), ("FLAG", "On"), ("DEVICE", "CPU"), ("WAIT_MS", "40"), ("WAIT_SECONDS", "1.5"), ("URL", "ws://a/b"));
        settings.GetInt("SIZE", 8, 1, 64).ShouldBe(16);
        settings.GetDouble("RATIO", 0.5, 0, 1).ShouldBe(0.25);
        settings.GetBool("FLAG", false).ShouldBeTrue();
        settings.GetEnum("DEVICE", Device.Cuda).ShouldBe(Device.Cpu);
        settings.GetMilliseconds("WAIT_MS", 10, 1, 1000).ShouldBe(TimeSpan.FromMilliseconds(40));
        settings.GetSeconds("WAIT_SECONDS", 10, 1, 1000).ShouldBe(TimeSpan.FromSeconds(1.5));
        settings.GetUrl("URL", "ws://x", "ws", "wss").ShouldBe(new Uri("ws://a/b"));
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
            ("DEVICE", "0"),
            ("URL", "ftp://user:hush@host"));
        settings.GetInt("SIZE", 8, 1, 64).ShouldBe(8);
        settings.GetInt("COUNT", 8, 1, 64);
        settings.GetDouble("RATIO", 0.5, 0, 1.5);
        settings.GetDouble("NAN", 0.5, 0, 1);
        settings.GetBool("FLAG", false);
        settings.GetEnum("DEVICE", Device.Cpu);
        settings.GetUrl("URL", "http://localhost", "http", "https");
        settings.Problems.ShouldBe(
        [
            "SIZE is 'many'; allowed are whole numbers from 1 to 64",
            "COUNT is '65'; allowed are whole numbers from 1 to 64",
            "RATIO is '1,5'; allowed are numbers from 0 to 1.5",
            "NAN is 'NaN'; allowed are numbers from 0 to 1",
            "FLAG is 'perhaps'; allowed are true and false",
            "DEVICE is '0'; allowed are cpu, cuda",
            "URL is 'ftp://user:***@host'; allowed are URLs that begin with http:// or https://",
        ]);
        Should.Throw<SettingsException>(settings.ThrowIfInvalid).Problems.Count.ShouldBe(7);
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
        EnvironmentSettings.Load([], folder.Write("broken", "THIS IS NOT = A 'SETTING\n")).Problems.ShouldHaveSingleItem().ShouldContain("cannot be read");
        EnvironmentSettings.Load([], "/no/such/file").Problems.ShouldBeEmpty();
    }

    private static EnvironmentSettings With(params (string Name, string Value)[] variables) =>
        new(name => Array.Find(variables, variable => variable.Name == name).Value);
}
