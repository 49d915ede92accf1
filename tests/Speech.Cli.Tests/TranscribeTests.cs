using System.Buffers;
using System.Text.Json;
using Speech.Audio.Ogg;
using Speech.Audio.Wav;
using Speech.Contracts.Jobs;
using Speech.Contracts.Server;
using Speech.Contracts.Sessions;

namespace Speech.Cli.Tests;

public sealed class TranscribeTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("speech-cli-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_recording_becomes_lines_with_times()
    {
        await using var server = await FakeGateway.StartEchoAsync();
        var run = await CliRun.StartAsync("transcribe", Wav("a.wav", 1), "--url", server.Url.ToString());
        run.ShouldBe(new CliRun(0, "[0.00 → 1.30] one two\n", ""));
    }

    [Fact]
    public async Task Every_kind_of_file_is_sent_in_full()
    {
        await using var server = await FakeGateway.StartEchoAsync();
        string[] files = [Wav("a.wav", 2), Opus("b.opus", 3), Raw("c.raw", 4, 8000)];
        var run = await CliRun.StartAsync(["transcribe", .. files, "--url", server.Url.ToString(), "--rate", "8000"]);
        run.Errors.ShouldBe("");
        run.Lines.ShouldBe([
            $"== {files[0]}", "[0.00 → 2.30] one two",
            $"== {files[1]}", "[0.00 → 3.30] one two",
            $"== {files[2]}", "[0.00 → 4.30] one two"]);
        run.ExitCode.ShouldBe(0);
    }

    [Theory]
    [InlineData("ogg_opus")]
    [InlineData("pcm_s16le")]
    [InlineData("pcm_f32le")]
    public async Task The_codec_asked_for_is_used(string codec)
    {
        var used = new TaskCompletionSource<string>();
        await using var server = await FakeGateway.StartAsync(async connection =>
        {
            used.SetResult(connection.Parameters.Codec.ToWireName());
            await connection.SendReadyAsync();
            await connection.ReceiveUntilStopAsync();
            await connection.SendAsync(new Done());
        });
        var run = await CliRun.StartAsync("transcribe", Wav("a.wav", 1), "--url", server.Url.ToString(), "--codec", codec);
        run.ShouldBe(new CliRun(0, "", ""));
        (await used.Task).ShouldBe(codec);
    }

    [Fact]
    public async Task As_json_every_message_is_one_line_with_its_file()
    {
        await using var server = await FakeGateway.StartEchoAsync(" say \"é\"");
        string[] files = [Wav("a \"quoted\" name.wav", 1), Wav("b.wav", 1)];
        var run = await CliRun.StartAsync(["transcribe", "--json", .. files, "--url", server.Url.ToString()]);

        run.Errors.ShouldBe("");
        var messages = run.Lines.Select(line => JsonDocument.Parse(line).RootElement).ToLookup(
            message => message.GetProperty("file").GetString(), message => message.GetProperty("type").GetString());
        foreach (var file in files)
            messages[file].ShouldBe(["ready", "speech_started", "transcript", "done"]);
        run.Lines.ShouldContain(line => line.Contains("say \\\"é\\\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_file_that_fails_does_not_stop_the_others()
    {
        await using var server = await FakeGateway.StartEchoAsync();
        var noise = Path.Combine(_folder.FullName, "noise.bin");
        await File.WriteAllBytesAsync(noise, [9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9]);
        var run = await CliRun.StartAsync(
            "transcribe", "missing.wav", noise, _folder.FullName, Wav("a.wav", 1), "--url", server.Url.ToString());
        run.ExitCode.ShouldBe(1);
        run.Output.ShouldContain("one two");
        run.Errors.ShouldContain("missing.wav: there is no such file.");
        run.Errors.ShouldContain("The format is not known");
        run.Errors.ShouldContain($"{_folder.FullName}: this is a folder");
    }

    [Fact]
    public async Task No_server_is_said_on_standard_error_alone()
    {
        var run = await CliRun.StartAsync("transcribe", "--json", Wav("a.wav", 1), "--url", FakeGateway.UnusedUrl().ToString());
        run.ExitCode.ShouldBe(1);
        run.Output.ShouldBe("");
        run.Errors.ShouldContain("is ./speech up running?");
    }

    [Fact]
    public async Task A_close_by_the_server_is_said_with_its_reason()
    {
        await using var server = await FakeGateway.StartAsync(async connection =>
        {
            await connection.SendReadyAsync();
            await connection.CloseAsync(CloseCode.InvalidMessage, "that was no audio");
            await connection.ReceiveUntilStopAsync();
        });
        var run = await CliRun.StartAsync("transcribe", Wav("a.wav", 1), "--url", server.Url.ToString());
        run.ExitCode.ShouldBe(1);
        run.Errors.ShouldContain("that was no audio (close code 4003)");
    }

    [Fact]
    public async Task The_reason_of_a_refusal_is_shown_and_cannot_steer_the_terminal()
    {
        await using var server = await FakeGateway.StartAsync(
            connection => connection.CloseAsync(CloseCode.InvalidMessage, "no\u001b[2J\nsuch\u009b1m codec"));
        var run = await CliRun.StartAsync("transcribe", Wav("a.wav", 1), "--url", server.Url.ToString());
        run.ExitCode.ShouldBe(1);
        run.Errors.ShouldContain(@"no\u001b[2J\u000asuch\u009b1m codec (close code 4003)");
    }

    [Theory]
    [InlineData("en-US", "OPUS", "en", AudioCodec.Opus)]
    [InlineData("CMN", "Pcm_S16le", "zh", AudioCodec.PcmS16Le)]
    [InlineData("Auto", "ogg_opus", null, AudioCodec.OggOpus)]
    public async Task Languages_and_codecs_are_named_as_to_the_server(string language, string codec, string? asked, AudioCodec askedCodec)
    {
        var parameters = new TaskCompletionSource<SessionParameters>();
        await using var server = await FakeGateway.StartAsync(async connection =>
        {
            parameters.SetResult(connection.Parameters);
            await connection.SendReadyAsync();
            await connection.ReceiveUntilStopAsync();
            await connection.SendAsync(new Done());
        });
        var run = await CliRun.StartAsync(
            "transcribe", Wav("a.wav", 1), "--language", language, "--codec", codec, "--translate", "pt-BR,ZH-tw", "--url",
            server.Url.ToString());
        run.ExitCode.ShouldBe(0, run.Errors);
        var got = await parameters.Task;
        got.Language.ShouldBe(asked);
        got.Codec.ShouldBe(askedCodec);
        got.Translate.ShouldBe(["pt-BR", "ZH-tw"]);
    }

    [Fact]
    public async Task Interim_results_translations_warnings_and_failures_are_shown_and_cannot_steer_the_terminal()
    {
        await using var server = await FakeGateway.StartAsync(async connection =>
        {
            await connection.SendReadyAsync();
            await connection.ReceiveUntilStopAsync();
            await connection.SendAsync(new Partial(0, 0, " on"));
            await connection.SendAsync(new Transcript(1, 0, 0.5, 1.25, " one\u001b[2J", "en", 0.9));
            await connection.SendAsync(new Translation(2, 0, "fr", "un"));
            await connection.SendAsync(new Warning("damaged_audio", "a packet was damaged"));
            await connection.SendAsync(new Failed(3, 1, "transcribe", "max_deliveries", "given up"));
            await connection.SendAsync(new Done());
        });
        var run = await CliRun.StartAsync("transcribe", Wav("a.wav", 1), "--interim", "--translate", "fr", "--url", server.Url.ToString());
        run.ExitCode.ShouldBe(1);
        run.Lines.ShouldBe(["[0 …] on", @"[0.50 → 1.25] one\u001b[2J", "[0.50 → 1.25] fr: un"]);
        run.Errors.ShouldContain("a packet was damaged");
        run.Errors.ShouldContain("segment 1: transcribe failed: given up (max_deliveries)");
    }

    [Fact]
    public async Task Prompt_and_words_are_asked_for_and_words_are_printed_below_their_line()
    {
        var asked = new TaskCompletionSource<SessionParameters>();
        await using var server = await FakeGateway.StartAsync(async connection =>
        {
            asked.SetResult(connection.Parameters);
            await connection.SendReadyAsync();
            await connection.ReceiveUntilStopAsync();
            await connection.SendAsync(new Transcript(
                1, 0, 0.5, 1.25, "one\u0007 two", "en", 0.9, [new Word("one\u0007", 0.5, 0.75, 0.98), new Word("two", 0.8, 1.2, 1)]));
            await connection.SendAsync(new Done());
        });
        var run = await CliRun.StartAsync(
            "transcribe", Wav("a.wav", 1), "--prompt", "Łukasz & Søn", "--words", "--url", server.Url.ToString());
        run.Errors.ShouldBe("");
        run.Lines.ShouldBe([@"[0.50 → 1.25] one\u0007 two", @"    [0.50 → 0.75] one\u0007 (98 %)", "    [0.80 → 1.20] two (100 %)"]);
        ((await asked.Task).Prompt, (await asked.Task).Words).ShouldBe(("Łukasz & Søn", true));
    }

    [Theory]
    [InlineData("'FILE'", "transcribe")]
    [InlineData("--url", "transcribe", "a.wav", "--url", "http://127.0.0.1")]
    [InlineData("pcm_s16le", "transcribe", "a.wav", "--codec", "mp3")]
    [InlineData("--rate", "transcribe", "a.wav", "--rate", "0")]
    [InlineData("--jobs", "transcribe", "a.wav", "--jobs", "many")]
    [InlineData("--language", "transcribe", "a.wav", "--language", "klingon")]
    [InlineData("--prompt", "transcribe", "a.wav", "--prompt", "two\nlines")]
    [InlineData("--translate", "transcribe", "a.wav", "--translate", "fr,klingon")]
    [InlineData("--speakers", "demo", "--speakers", "0")]
    [InlineData("--clients", "bench", "clients", "--clients", "0")]
    [InlineData("frobnicate", "frobnicate")]
    [InlineData("command", "bench")]
    public async Task Wrong_usage_is_explained(string about, params string[] arguments)
    {
        var run = await CliRun.StartAsync(arguments);
        run.ExitCode.ShouldBe(2);
        run.Errors.ShouldContain(about);
    }

    [Fact]
    public async Task The_root_calls_itself_by_the_name_of_the_script_and_lists_the_commands()
    {
        var run = await CliRun.StartAsync("--help");
        run.ExitCode.ShouldBe(0);
        run.Output.ShouldContain("  speech [command] [options]");
        run.Output.ShouldNotContain("Speech.Cli");
        foreach (var command in (string[])["transcribe", "decode", "translate", "models", "dead"])
            run.Output.ShouldContain(command);
    }

    [Fact]
    public async Task Help_of_a_command_can_be_typed_as_it_is_printed()
    {
        var run = await CliRun.StartAsync("models", "pull", "--help");
        run.ExitCode.ShouldBe(0);
        run.Output.ShouldContain("  speech models pull ");
    }

    private string Wav(string name, double seconds)
    {
        using var bytes = new MemoryStream();
        WavWriter.Write(bytes, Tone(seconds, 16_000));
        return Write(name, bytes.ToArray());
    }

    private string Opus(string name, double seconds)
    {
        var bytes = new ArrayBufferWriter<byte>();
        OggOpusWriter.WriteFile(bytes, Tone(seconds, 16_000));
        return Write(name, bytes.WrittenSpan);
    }

    private string Raw(string name, double seconds, int sampleRate) => Write(name, new byte[(int)(seconds * sampleRate) * sizeof(short)]);

    private string Write(string name, ReadOnlySpan<byte> bytes)
    {
        var path = Path.Combine(_folder.FullName, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private static float[] Tone(double seconds, int sampleRate) =>
        [.. Enumerable.Range(0, (int)(seconds * sampleRate)).Select(i => 0.3f * MathF.Sin(i * 0.1f))];
}
