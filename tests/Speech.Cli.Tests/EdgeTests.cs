using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using Speech.Audio;
using Speech.Audio.Files;
using Speech.Audio.Wav;
using Speech.Cli.Transcribe;
using Speech.Contracts.Server;
using Speech.Contracts.Sessions;

namespace Speech.Cli.Tests;

/// <summary>
/// What happens at the edges: signals, pipes that stay open or close, full disks, files that are cut, names that are wrong.
/// </summary>
public sealed class EdgeTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("speech-edge-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("INT", 130)]
    [InlineData("TERM", 143)]
    public async Task A_signal_ends_live_audio_and_prints_what_had_been_said(string signal, int exitCode)
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await FakeGateway.StartAsync(async connection =>
        {
            await connection.SendReadyAsync();
            await connection.ReceiveAsync();
            begun.SetResult();
            await connection.ReceiveUntilStopAsync();
            await connection.SendAsync(new Transcript(1, 0, 0, 0.5, " said", "en", 1));
            await connection.SendAsync(new Done());
            await connection.CloseAsync(CloseCode.Normal, "");
        });
        using var cli = Start("transcribe", "-", "--codec", "pcm_s16le", "--url", server.Url.ToString());
        await cli.StandardInput.BaseStream.WriteAsync(new byte[16_000]); // and it stays open
        await cli.StandardInput.BaseStream.FlushAsync();
        await begun.Task.WaitAsync(Limit);

        await SignalAsync(cli, signal);

        var output = await EndAsync(cli);
        output.ShouldBe("[0.00 → 0.50] said\n");
        cli.ExitCode.ShouldBe(exitCode);
    }

    [Fact]
    public async Task A_signal_ends_what_waits_for_a_server_or_a_pipe_within_seconds()
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var silent = await FakeGateway.StartAsync(async connection =>
        {
            await connection.SendReadyAsync();
            await connection.ReceiveUntilStopAsync();
            asked.SetResult();
            await connection.ReceiveAsync(); // says nothing more
        });
        using var cli = Start("transcribe", Wav("a.wav", 1), "--url", silent.Url.ToString());
        await asked.Task.WaitAsync(Limit);
        await SignalAsync(cli, "INT");
        var clock = Stopwatch.StartNew();
        (await EndAsync(cli)).ShouldBe("");
        cli.ExitCode.ShouldBe(130);
        clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(10), "it used to be 60");
    }

    [Fact]
    public async Task Results_of_live_audio_are_printed_while_it_goes_on()
    {
        await using var server = await FakeGateway.StartAsync(async connection =>
        {
            await connection.SendReadyAsync();
            for (var packet = 0; packet < 20; packet++)
                await connection.ReceiveAsync();
            await connection.SendAsync(new Transcript(1, 0, 0, 0.4, " live", "en", 1));
            await connection.ReceiveUntilStopAsync();
            await connection.SendAsync(new Done());
            await connection.CloseAsync(CloseCode.Normal, "");
        });
        using var cli = Start("transcribe", "-", "--url", server.Url.ToString());
        using var wav = new MemoryStream();
        WavWriter.Write(wav, new float[8000]);
        var header = wav.ToArray();
        header.AsSpan(40, 4).Fill(0xff); // as a writer that cannot seek leaves it
        await cli.StandardInput.BaseStream.WriteAsync(header);
        await cli.StandardInput.BaseStream.FlushAsync();

        (await cli.StandardOutput.ReadLineAsync().WaitAsync(Limit)).ShouldBe("[0.00 → 0.40] live");
        cli.StandardInput.Close();
        await EndAsync(cli);
        cli.ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task Results_that_cannot_be_written_are_an_error_and_a_reader_that_has_gone_is_none()
    {
        await using var server = await FakeGateway.StartEchoAsync();
        var full = await ShellAsync("\"$@\" >/dev/full", "transcribe", Wav("a.wav", 1), "--url", server.Url.ToString());
        full.ExitCode.ShouldBe(1);
        full.Errors.ShouldContain("Cannot write the results to standard output: No space left on device");
        full.Errors.ShouldNotContain("   at ");

        var closed = await ShellAsync(
            "set -o pipefail; \"$@\" | true", "transcribe", "--json", Wav("a.wav", 1), "--url", server.Url.ToString());
        closed.ExitCode.ShouldBe(141);
        closed.Errors.ShouldBe("");
    }

    [Fact]
    public async Task A_file_that_was_cut_is_told_by_decode_too()
    {
        var whole = await File.ReadAllBytesAsync(Wav("whole.wav", 1));
        var cut = Path.Combine(_folder.FullName, "cut.wav");
        await File.WriteAllBytesAsync(cut, whole[..^1000]);
        var run = await CliRun.StartAsync("decode", "--json", cut);
        run.ExitCode.ShouldBe(0, run.Errors);
        run.Errors.ShouldBe($"{cut}: the file is truncated: it ends before its header says\n");
        JsonDocument.Parse(run.Output).RootElement.GetProperty("warnings").EnumerateArray().ShouldHaveSingleItem().GetString()!
            .ShouldContain("truncated");
    }

    [Fact]
    [Trait("Speed", "Slow")]
    public async Task Ten_minutes_are_decoded_in_less_memory_than_their_samples_take()
    {
        const int Seconds = 600;
        var recording = Path.Combine(_folder.FullName, "long.pcm");
        await using (var file = File.Create(recording))
        {
            var speech = AudioFile.Load(Checkout.Path("shared/recordings/an4/cen5-fjlp-b.wav")).Samples;
            await file.WriteAsync(MemoryMarshal.AsBytes<short>([.. speech.Select(sample => (short)(sample * 32767))]).ToArray());
            file.SetLength(Seconds * 32_000);
        }

        // The samples alone are 38 MB; the heap gets 24.
        var run = await ShellAsync("DOTNET_GCHeapHardLimit=0x1800000 \"$@\"", "decode", "--json", recording);
        run.ExitCode.ShouldBe(0, run.Errors);
        var json = JsonDocument.Parse(run.Output).RootElement;
        json.GetProperty("seconds").GetDouble().ShouldBe(Seconds);
        json.GetProperty("text").GetString().ShouldNotBe("");
    }

    [Fact]
    public async Task Decode_reads_a_pipe_and_shows_no_progress_where_nobody_looks()
    {
        var path = Checkout.Path("shared/recordings/an4/cen5-fjlp-b.wav");
        var file = await CliRun.StartAsync("decode", "--timestamps", path);
        file.ExitCode.ShouldBe(0, file.Errors);
        file.Errors.ShouldBe("");
        file.Lines.Count.ShouldBe(2);
        var pipe = await ShellAsync($"\"$@\" <(cat '{path}')", "decode", "--timestamps");
        pipe.ExitCode.ShouldBe(0, pipe.Errors);
        pipe.Errors.ShouldBe("");
        pipe.Lines[1].ShouldBe(file.Lines[1]);
    }

    [Theory]
    [InlineData("There is no option --langauge: is --language meant?", "transcribe", "a.wav", "--langauge", "fr")]
    [InlineData("There is no option -x.", "transcribe", "-x", "a.wav")]
    [InlineData("There is no option --word: is --words meant?", "decode", "--word", "a.wav")]
    [InlineData("There is no option --fromm", "translate", "--from", "en", "--to", "fr", "--fromm", "hello")]
    [InlineData("There is no option --offlin: is --offline meant?", "models", "pull", "--offlin", "tiny")]
    [InlineData("There is no option --jsno", "dead", "show", "--jsno", "1")]
    [InlineData("There is no option --seconds-each", "decode", "--seconds-each", "1")]
    [InlineData("There is no option --word: is --words meant?", "transcribe", "--word=3")]
    public async Task An_option_that_does_not_exist_is_no_file(string message, params string[] arguments)
    {
        var run = await CliRun.StartAsync(arguments);
        run.ExitCode.ShouldBe(2);
        run.Errors.ShouldContain(message);
        run.Output.ShouldBe("");
    }

    [Fact]
    public async Task What_comes_after_two_dashes_is_a_file_and_is_named_once()
    {
        var run = await CliRun.StartAsync("decode", "--", "--missing.wav", _folder.FullName);
        run.ExitCode.ShouldBe(1);
        run.Errors.ShouldBe($"--missing.wav: there is no such file.\n{_folder.FullName}: this is a folder; name the files in it.\n");

        var noise = Path.Combine(_folder.FullName, "noise.bin");
        await File.WriteAllBytesAsync(noise, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
        foreach (var command in (string[])["decode", "transcribe"])
        {
            var errors = (await CliRun.StartAsync(command, noise)).Errors;
            errors.Split(noise).Length.ShouldBe(2, errors);
        }
    }

    [Fact]
    public async Task Dead_jobs_are_found_with_the_password_that_the_services_have()
    {
        await using var redis = await RedisServer.StartAsync("--requirepass", "s3cret word");
        var run = await ShellAsync(
            "REDIS_URL=$URL REDIS_PASSWORD='s3cret word' \"$@\"".Replace("$URL", $"redis://127.0.0.1:{redis.Port}"), "dead", "list");
        run.ShouldBe(new CliRun(0, "No job has been given up.\n", ""));
    }

    [Fact]
    public async Task A_file_is_read_again_when_the_server_wants_what_is_no_longer_kept()
    {
        var file = Wav("long.wav", 300);
        var all = AudioFile.Load(file).Samples;
        using var samples = RecordedSamples.Open(file, new AudioFileOptions());
        var piece = new float[5000];
        foreach (var start in (long[])[0, 250 * AudioRate.Model, 200 * AudioRate.Model, 3 * AudioRate.Model, 299 * AudioRate.Model])
        {
            var filled = 0;
            while (filled < piece.Length)
                filled += await samples.ReadAsync(start + filled, piece.AsMemory(filled), CancellationToken.None);
            piece.ShouldBe(all.AsSpan((int)start, piece.Length).ToArray());
        }
        (await samples.ReadAsync(all.Length, piece, CancellationToken.None)).ShouldBe(0);
    }

    private string Wav(string name, int seconds)
    {
        var path = Path.Combine(_folder.FullName, name);
        using var file = File.Create(path);
        WavWriter.Write(file, [.. Enumerable.Range(0, seconds * AudioRate.Model).Select(i => 0.3f * MathF.Sin(i * 0.1f + i / 16_000))]);
        return path;
    }

    private static Process Start(params string[] arguments)
    {
        var start =
            new ProcessStartInfo("dotnet") { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])[CliRun.Program, .. arguments])
            start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    private static async Task SignalAsync(Process process, string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{process.Id}"]);
        await kill.WaitForExitAsync();
    }

    private static async Task<string> EndAsync(Process process)
    {
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            var output = await process.StandardOutput.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return output;
        }
        finally
        {
            process.Kill();
        }
    }

    /// <param name="script">For bash, in which "$@" is the command.</param>
    private static async Task<CliRun> ShellAsync(string script, params string[] arguments)
    {
        var start = new ProcessStartInfo("bash") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])["-c", script, "bash", "dotnet", CliRun.Program, .. arguments])
            start.ArgumentList.Add(argument);
        using var bash = Process.Start(start)!;
        var errors = bash.StandardError.ReadToEndAsync();
        var output = await EndAsync(bash);
        return new CliRun(bash.ExitCode, output, await errors);
    }
}
